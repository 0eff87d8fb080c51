"""Whom a survey is left to."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from infra.i18n import N_
from surveys import owners
from tenants import people
from tenants.people import Colleague
from web import tenancy
from web.console.surveys.blueprint import blueprint
from web.console.surveys.frame import the_survey
from web.schemas.staff import FormSchema


class OwnerForm(FormSchema):
    owner = fields.UUID(required=True)


@blueprint.post("/<uuid:survey_id>/owner")
def hand_on(survey_id: UUID) -> Response:
    """Leaves the survey to a colleague."""
    survey = the_survey(survey_id)
    typed = OwnerForm().load(request.form)
    owners.set_owner(tenancy.session(), survey, typed["owner"], by=tenancy.actor())
    flash(N_("The survey has another owner now."))
    return redirect(url_for(".manage", survey_id=survey.id), 303)


def candidates() -> list[Colleague]:
    """Everybody who could have it."""
    return list(people.list_colleagues(tenancy.session()))
