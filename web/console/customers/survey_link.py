"""A link to a survey that is one customer's alone, for staff to send on a way of their own, such as a letter or a
chat. The link is shown in a field, so it can be copied by hand as well.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from customers.models import Person, PersonalLink
from infra.i18n import N_
from infra.ids import new_id
from surveys import personal_links, surveys
from surveys.errors import SurveyInvalid
from surveys.models import Survey
from web import tenancy
from web.console.customers import frame
from web.console.surveys.frame import public_url
from web.forms import Form
from web.schemas.survey_link import LASTS, LinkForm

blueprint = Blueprint("survey_link", __name__)

Page = str | Response | tuple[str, int]

CHOOSE = N_("Choose a survey that is open and not anonymous.")


@blueprint.get("/<uuid:person_id>/survey-link")
def new(person_id: UUID) -> Page:
    """Which survey, and for how long."""
    found = frame.the_person(person_id)
    if found.id != person_id:
        return redirect(url_for(".new", person_id=found.id))
    return _page(found, Form({"key": new_id().hex, "days": personal_links.DAYS}))


@blueprint.post("/<uuid:person_id>/survey-link")
def make(person_id: UUID) -> Page:
    """The link, to be copied. Pressing twice makes one."""
    found, form = frame.the_person(person_id), Form.submitted(LinkForm)
    if not form.attempt(lambda typed: _made(found, typed)):
        return _page(found, form)
    survey, link = form.result
    token = personal_links.token_of(tenancy.session(), link.id)
    return render_template(
        "console/customers/survey_link_made.html",
        survey=survey,
        link=link,
        address=f"{public_url(survey)}?p={token}",
        **frame.head(found, "survey_link"),
    )


def _made(found: Person, typed: dict[str, Any]) -> tuple[Survey, PersonalLink]:
    session = tenancy.session()
    offered = {each.id: each for each in personal_links.list_offered(session)}
    if typed["survey"] not in offered:
        raise SurveyInvalid(problems={"survey": [CHOOSE]})
    survey = surveys.get_survey(session, typed["survey"])
    by, form = tenancy.actor(), UUID(hex=typed["key"])
    return survey, personal_links.issue_by_form(session, survey, found.id, days=typed["days"], by=by, form=form)


def _page(found: Person, form: Form) -> tuple[str, int]:
    offered = personal_links.list_offered(tenancy.session())
    page = render_template(
        "console/customers/survey_link.html",
        form=form,
        surveys=[(str(each.id), each.name) for each in offered],
        lasts=LASTS,
        **frame.head(found, "survey_link"),
    )
    return page, form.status
