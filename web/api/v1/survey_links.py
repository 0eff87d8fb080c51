"""`/surveys/{id}/links`: links that are one customer's alone."""

from functools import partial
from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response as Reply

from customers.models import PersonalLink
from infra.pages import Page
from surveys import personal_links
from surveys.models import Survey
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.common import named, public_url, the_survey
from web.schemas.api import survey_links as schemas

blueprint = ApiBlueprint("survey_links", __name__, description="Links to surveys that are one customer's alone.")

Answer = tuple[Any, int, dict[str, str]]

SHOWN = ("id", "person_id", "once", "expires_at", "created_at")


@blueprint.get("/surveys/<uuid:survey_id>/links")
@blueprint.arguments(schemas.SurveyLinkQuery, location="query")
@blueprint.response(200, schemas.SurveyLinkPage, example=schemas.LINK_PAGE)
def list_survey_links(query: dict[str, Any], survey_id: UUID) -> dict[str, Any]:
    """List personal links to a survey, newest first

    Those of mails are among them. The addresses are stored nowhere, so none is told.
    """
    survey = the_survey(survey_id)
    found = cursors.turn(f"survey_links:{survey_id}", query, partial(_page, survey))
    return {**found, "items": [_shown(survey, link) for link in found["items"]]}


@blueprint.post("/surveys/<uuid:survey_id>/links")
@blueprint.arguments(schemas.NewSurveyLink, example=schemas.NEW_LINK)
@blueprint.response(201, schemas.IssuedSurveyLink, example=schemas.ISSUED)
def create_survey_link(body: dict[str, Any], survey_id: UUID) -> Answer:
    """Make a personal link

    For ways of your own, such as a text message. The survey must be open, and not anonymous.
    """
    survey, session = the_survey(survey_id), tenancy.session()

    def perform() -> UUID:
        person = named(body["person_id"], "person_id")
        asked = {**body, "person_id": person.id}
        return personal_links.issue(session, survey, by=tenancy.actor(), **asked).id

    return repeatable.once(perform, partial(_issued, survey))


@blueprint.delete("/surveys/<uuid:survey_id>/links/<uuid:link_id>")
@blueprint.response(204)
def revoke_survey_link(survey_id: UUID, link_id: UUID) -> Answer:
    """Take a personal link back

    It reads as unknown from then on. An answer that was given by it stays.
    """
    survey, session = the_survey(survey_id), tenancy.session()

    def perform() -> UUID:
        link = personal_links.get(session, survey, link_id)
        personal_links.revoke(session, survey, link, by=tenancy.actor())
        return link_id

    return repeatable.once(perform, lambda _: Reply(status=204), status=204)


def _page(survey: Survey, *, after: str | None, limit: int, person_id: UUID | None) -> Page[PersonalLink]:
    return personal_links.list_links(tenancy.session(), survey, person_id=person_id, after=after, limit=limit)


def _issued(survey: Survey, link_id: UUID) -> dict[str, Any]:
    session = tenancy.session()
    token = personal_links.token_of(session, link_id)
    link = personal_links.get(session, survey, link_id)
    return {**_shown(survey, link), "url": f"{public_url(survey)}?p={token}"}


def _shown(survey: Survey, link: PersonalLink) -> dict[str, Any]:
    shown = {name: getattr(link, name) for name in SHOWN}
    return {**shown, "survey_id": survey.id, "state": personal_links.state_of(survey, link)}
