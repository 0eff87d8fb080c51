"""The link, its QR code, and the address it stands at."""

from uuid import UUID

from flask import Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from infra import qr
from infra.i18n import N_
from surveys import surveys
from surveys.models import Survey
from web import tenancy
from web.console.surveys.blueprint import blueprint
from web.console.surveys.frame import public_url, tabs, the_survey
from web.forms import Form
from web.schemas.surveys import AddressForm

Page = str | Answer | tuple[str, int]


@blueprint.get("/<uuid:survey_id>/share")
def share(survey_id: UUID) -> Page:
    """How customers get to the survey."""
    survey = the_survey(survey_id)
    return _page(survey, Form({"address": survey.address}))


@blueprint.post("/<uuid:survey_id>/address")
def move(survey_id: UUID) -> Page:
    """Another address; the old one leads nowhere from now on."""
    survey = the_survey(survey_id)
    form = Form.submitted(AddressForm)
    if form.attempt(lambda typed: surveys.rename(tenancy.session(), survey, **typed)):
        flash(N_("The survey has its new address. Links and QR codes with the old one no longer work."))
        return redirect(url_for(".share", survey_id=survey.id), 303)
    return _page(survey, form)


@blueprint.get("/<uuid:survey_id>/qr.svg")
def qr_svg(survey_id: UUID) -> Response:
    """The link as a QR code that can be scaled."""
    return Response(qr.svg(public_url(the_survey(survey_id))), mimetype="image/svg+xml")


@blueprint.get("/<uuid:survey_id>/qr.png")
def qr_png(survey_id: UUID) -> Response:
    """The link as a QR code for print, as a download."""
    survey = the_survey(survey_id)
    response = Response(qr.png(public_url(survey)), mimetype="image/png")
    response.headers.set("Content-Disposition", "attachment", filename=f"{survey.address}.png")
    return response


def _page(survey: Survey, form: Form) -> tuple[str, int]:
    page = render_template(
        "console/surveys/share.html", survey=survey, form=form, link=public_url(survey), tabs=tabs
    )
    return page, form.status
