"""`/surveys/{id}/responses`: sending a respondent's answers in, reading them."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4, uuid5

from flask import request

from surveys import intake, known, publishing, responses
from surveys.answers import CompiledSurvey
from surveys.errors import SurveyNotLive, VersionNotFound
from surveys.intake import Submission, Target
from surveys.models import Response, Survey
from surveys.pages import Page
from surveys.responses import ResponseFilters
from tenants import audit
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.common import the_survey
from web.schemas.api import examples
from web.schemas.api import responses as schemas

blueprint = ApiBlueprint("responses", __name__, description="The answers of respondents.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/surveys/<uuid:survey_id>/responses")
@blueprint.arguments(schemas.ResponseQuery, location="query")
@blueprint.response(200, schemas.ResponsePage, example=examples.RESPONSE_PAGE)
def list_responses(query: dict[str, Any], survey_id: UUID) -> dict[str, Any]:
    """List responses, newest first

    Without `state` those of all states; `from` and `to` leave partial ones out.
    """
    survey = the_survey(survey_id)
    audit.record_reading(tenancy.session(), "survey.answers_listed", by=tenancy.actor(), subject=survey.id)
    return cursors.turn(f"responses:{survey_id}", query, lambda **wanted: _page(survey, **wanted))


@blueprint.post("/surveys/<uuid:survey_id>/responses")
@blueprint.arguments(schemas.NewResponse, example=examples.NEW_RESPONSE)
@blueprint.response(201, schemas.Receipt, example=examples.RECEIPT, headers=examples.LOCATION)
def create_response(body: dict[str, Any], survey_id: UUID) -> Answer:
    """Send a respondent's answers

    The rules are those of the public page: the server walks the survey with the answers, refuses when a required
    one on the way is missing or one cannot be accepted, and drops answers to questions off the way. Problems are
    named by question id, and nothing is stored then. The same submission sent again is stored once; a higher
    `revision` corrects it; a partial one never changes a finished response.
    """
    stored = repeatable.once(
        lambda: _stored(survey_id, **body), lambda response_id: _response(survey_id, response_id)
    )
    return repeatable.made(stored, f"surveys/{survey_id}/responses")


@blueprint.get("/surveys/<uuid:survey_id>/responses/<uuid:response_id>")
@blueprint.response(200, schemas.Response, example=examples.RESPONSE)
def get_response(survey_id: UUID, response_id: UUID) -> Any:
    """Get a response"""
    return _response(survey_id, response_id)


def _response(survey_id: UUID, response_id: UUID) -> Response:
    return responses.get_response(tenancy.session(), the_survey(survey_id), response_id)


def _page(survey: Survey, *, after: str | None, limit: int, **filters: Any) -> Page[Response]:
    wanted = ResponseFilters(
        state=filters.get("state"),
        language=filters.get("language"),
        start=filters.get("first_day"),
        end=filters.get("last_day"),
    )
    return responses.list_responses(tenancy.session(), survey, wanted, after=after, limit=limit)


def _stored(
    survey_id: UUID,
    answers: dict[str, Any],
    revision: int,
    finished: bool,
    language: str | None = None,
    version: int | None = None,
    submission_key: UUID | None = None,
    started_at: datetime | None = None,
) -> UUID:
    survey = the_survey(survey_id)
    target = _target(survey, version)
    submission = Submission(
        key=submission_key or _key(survey_id),
        revision=revision,
        language=language or target.compiled.definition.default_language,
        answers=answers,
        finished=finished,
        source="api",
        started_at=started_at,
    )
    if survey.identity == "anonymous":
        submission = known.without_trace(submission, survey.zone)
    return intake.submit(tenancy.session(), target, submission).response_id


def _key(survey_id: UUID) -> UUID:
    """The submission key that an Idempotency-Key stands for: it outlives the store of repeated requests."""
    named = request.headers.get(repeatable.HEADER)
    return uuid5(survey_id, f"{tenancy.actor().id}:{named}") if named else uuid4()


def _target(survey: Survey, number: int | None) -> Target:
    """The version that is answered: the named one, the live one, or, for retries after closing, the newest."""
    version_id = survey.live_version_id
    if number is not None:
        version_id = publishing.get_numbered_version(tenancy.session(), survey, number).id
    elif version_id is None:
        newest = publishing.list_versions(tenancy.session(), survey, limit=1)
        if not newest:
            raise SurveyNotLive()
        version_id = newest[0].id
    return Target(survey.id, version_id, _compiled(version_id))


@lru_cache(500)
def _compiled(version_id: UUID) -> CompiledSurvey:
    """A version never changes, and its id is found through the tenant's own survey."""
    live = publishing.find_version(tenancy.session(), version_id)
    if live is None:
        raise VersionNotFound()
    return live.compiled
