"""`/surveys/{id}/versions` and `/publication`: from draft to what respondents see, and back."""

from typing import Any
from uuid import UUID

from surveys import publishing
from surveys.errors import DraftChanged, NotPublishable
from surveys.models import Survey, SurveyVersion
from surveys.pages import Page
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.common import note, public_url, shown_version, the_survey
from web.held import ask_operators
from web.schemas.api import examples
from web.schemas.api import surveys as schemas
from web.schemas.api.base import Cursors

blueprint = ApiBlueprint("versions", __name__, description="Published versions, and which of them takes answers.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/surveys/<uuid:survey_id>/versions")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.VersionPage, example=examples.VERSION_PAGE)
def list_versions(query: dict[str, Any], survey_id: UUID) -> dict[str, Any]:
    """List a survey's versions, newest first"""
    survey = the_survey(survey_id)
    page = cursors.turn(f"versions:{survey_id}", query, lambda **wanted: _page(survey, **wanted))
    return {**page, "items": [shown_version(survey, version) for version in page["items"]]}


@blueprint.post("/surveys/<uuid:survey_id>/versions")
@blueprint.arguments(schemas.Publishing, required=False, example={"draft_revision": 3})
@blueprint.response(201, schemas.Version, example=examples.VERSION, headers=examples.LOCATION)
def publish_survey(body: dict[str, Any], survey_id: UUID) -> Answer:
    """Publish the draft

    It becomes the next version and takes answers from now on. A draft equal to the newest version makes no new
    one: that version takes answers (again). What stands against publishing is named by JSON pointer.
    """
    shown, status, headers = repeatable.once(
        lambda: _published(survey_id, **body).id, lambda version_id: _version(survey_id, version_id)
    )
    return shown, status, {**headers, "Location": f"/api/v1/surveys/{survey_id}/versions/{shown['number']}"}


@blueprint.get("/surveys/<uuid:survey_id>/versions/<int(min=1,max=2147483647):number>")
@blueprint.response(200, schemas.Version, example=examples.VERSION)
def get_version(survey_id: UUID, number: int) -> dict[str, Any]:
    """Get a version with its definition"""
    survey = the_survey(survey_id)
    return shown_version(survey, publishing.get_numbered_version(tenancy.session(), survey, number))


@blueprint.get("/surveys/<uuid:survey_id>/publication")
@blueprint.response(200, schemas.Publication, example=examples.PUBLICATION)
def get_publication(survey_id: UUID) -> dict[str, Any]:
    """Get what respondents see at the survey's address"""
    return _publication(survey_id)


@blueprint.post("/surveys/<uuid:survey_id>/publication")
@blueprint.arguments(schemas.Publishing, required=False, example={"draft_revision": 3})
@blueprint.response(200, schemas.Publication, example=examples.PUBLICATION)
def open_publication(body: dict[str, Any], survey_id: UUID) -> Answer:
    """Publish the draft, or open a withdrawn survey again

    The same as publishing a version; the answer says what respondents see.
    """
    return repeatable.once(lambda: _published(survey_id, **body).survey_id, _publication, status=200)


@blueprint.delete("/surveys/<uuid:survey_id>/publication")
@blueprint.response(200, schemas.Publication, example=examples.WITHDRAWN)
def withdraw_publication(survey_id: UUID) -> Answer:
    """Withdraw a survey

    Its address says that it is closed, and it takes no answers. Doing it again does nothing.
    """
    return repeatable.once(lambda: _withdrawn(survey_id), _publication, status=200)


def _page(survey: Survey, limit: int, after: str | None) -> Page[SurveyVersion]:
    before = int(after) if after is not None else None
    found = publishing.list_versions(tenancy.session(), survey, before=before, limit=limit + 1)
    return Page(found[:limit], str(found[limit - 1].number) if len(found) > limit else None)


def _published(survey_id: UUID, draft_revision: int | None = None) -> SurveyVersion:
    session, survey = tenancy.session(), the_survey(survey_id)
    session.refresh(survey, with_for_update=True)
    if draft_revision is not None and draft_revision != survey.draft_revision:
        raise DraftChanged(revision=survey.draft_revision)
    try:
        version = publishing.publish(session, survey, by=tenancy.actor().id)
    except NotPublishable:
        ask_operators(survey)
        raise
    note("survey.published", survey_id, version=version.id)
    return version


def _withdrawn(survey_id: UUID) -> UUID:
    publishing.withdraw(tenancy.session(), the_survey(survey_id), by=tenancy.actor().id)
    note("survey.withdrawn", survey_id)
    return survey_id


def _version(survey_id: UUID, version_id: UUID) -> dict[str, Any]:
    survey = the_survey(survey_id)
    return shown_version(survey, publishing.get_version(tenancy.session(), survey, version_id))


def _publication(survey_id: UUID) -> dict[str, Any]:
    session, survey = tenancy.session(), the_survey(survey_id)
    live = survey.live_version_id
    return {
        "survey_id": survey.id,
        "live": live is not None,
        "url": public_url(survey),
        "version": shown_version(survey, publishing.get_version(session, survey, live)) if live else None,
        "has_unpublished_changes": publishing.has_unpublished_changes(session, survey),
    }
