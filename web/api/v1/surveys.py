"""`/surveys`: make, list, rename, put away, delete; and the draft of each."""

from typing import Any
from uuid import UUID

from flask import abort, request
from werkzeug.wrappers import Response as Reply

from surveys import publishing, surveys
from surveys.definition import parse
from surveys.models import Survey
from tenants import branding
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.common import note, shown_survey, the_survey
from web.schemas.api import examples
from web.schemas.api import surveys as schemas

blueprint = ApiBlueprint("surveys", __name__, description="Surveys and their drafts.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/surveys")
@blueprint.arguments(schemas.SurveyQuery, location="query")
@blueprint.response(200, schemas.SurveyPage, example=examples.SURVEY_PAGE)
def list_surveys(query: dict[str, Any]) -> dict[str, Any]:
    """List surveys, newest first"""
    page = cursors.turn("surveys", query, lambda **wanted: surveys.list_surveys(tenancy.session(), **wanted))
    return {**page, "items": [shown_survey(survey) for survey in page["items"]]}


@blueprint.post("/surveys")
@blueprint.arguments(schemas.NewSurvey, example=examples.NEW_SURVEY)
@blueprint.response(201, schemas.Survey, example=examples.SURVEY, headers=examples.LOCATION)
def create_survey(body: dict[str, Any]) -> Answer:
    """Make a survey

    It starts with the given definition, with a template's, or with one empty block, and is not published.
    """
    return repeatable.made(repeatable.once(lambda: _created(**body).id, _shown), "surveys")


@blueprint.get("/surveys/<uuid:survey_id>")
@blueprint.response(200, schemas.Survey, example=examples.SURVEY)
def get_survey(survey_id: UUID) -> dict[str, Any]:
    """Get a survey"""
    return _shown(survey_id)


@blueprint.patch("/surveys/<uuid:survey_id>")
@blueprint.arguments(schemas.SurveyChange, example={"name": "After your visit"})
@blueprint.response(200, schemas.Survey, example=examples.SURVEY)
def change_survey(body: dict[str, Any], survey_id: UUID) -> Answer:
    """Change a survey's name or address

    A live survey moves to a new address at once.
    """
    return repeatable.once(
        lambda: surveys.rename(tenancy.session(), the_survey(survey_id), **body).id, _shown, status=200
    )


@blueprint.delete("/surveys/<uuid:survey_id>")
@blueprint.arguments(schemas.DeletionQuery, location="query")
@blueprint.response(204)
def delete_survey(query: dict[str, Any], survey_id: UUID) -> Answer:
    """Delete a survey for good

    Versions and responses are deleted with it. Where there are responses, `confirm` must be the survey's name.
    """
    return repeatable.once(lambda: _deleted(survey_id, **query), lambda _: Reply(status=204), status=204)


@blueprint.post("/surveys/<uuid:survey_id>/archive")
@blueprint.response(200, schemas.Survey, example=examples.SURVEY)
def archive_survey(survey_id: UUID) -> Answer:
    """Put a survey away

    It takes no more answers; responses and results are kept. Doing it again does nothing.
    """
    return repeatable.once(lambda: _archived(survey_id), _shown, status=200)


@blueprint.delete("/surveys/<uuid:survey_id>/archive")
@blueprint.response(200, schemas.Survey, example=examples.SURVEY)
def restore_survey(survey_id: UUID) -> Answer:
    """Take an archived survey back

    It is not published then. Doing it again does nothing.
    """
    return repeatable.once(lambda: _restored(survey_id), _shown, status=200)


@blueprint.get("/surveys/<uuid:survey_id>/draft")
@blueprint.response(200, schemas.Draft, example=examples.DRAFT, headers=examples.ETAG)
def get_draft(survey_id: UUID) -> tuple[dict[str, Any], dict[str, str]]:
    """Get a survey's draft

    With what stands against publishing it.
    """
    survey = the_survey(survey_id)
    return _draft(survey), _etag(survey)


@blueprint.put("/surveys/<uuid:survey_id>/draft")
@blueprint.doc(conditional=True)
@blueprint.arguments(schemas.DraftChange, example=examples.DRAFT_CHANGE)
@blueprint.response(200, schemas.Draft, example=examples.DRAFT, headers=examples.ETAG)
def replace_draft(body: dict[str, Any], survey_id: UUID) -> Answer:
    """Replace a survey's draft

    Say which revision you changed: by `If-Match` with the ETag, or by `draft_revision`. Problems in the
    definition are named by JSON pointer, and nothing is stored then.
    """
    shown, status, headers = repeatable.once(
        lambda: _saved(survey_id, **body), lambda saved: _draft(the_survey(saved)), status=200
    )
    return shown, status, {**headers, "ETag": f'"{shown["draft_revision"]}"'}


def _shown(survey_id: UUID) -> dict[str, Any]:
    return shown_survey(the_survey(survey_id))


def _created(
    name: str,
    address: str | None = None,
    template: str | None = None,
    definition: Any = None,
    language: str | None = None,
) -> Survey:
    session, by = tenancy.session(), tenancy.actor().id
    settings = branding.get_settings(session)
    language = language or settings.default_locale
    if template is not None:
        survey = surveys.create_from_template(
            session, template, zone=settings.zone, name=name, language=language, by=by
        )
    else:
        document = parse(definition) if definition is not None else None
        survey = surveys.create(session, name, zone=settings.zone, definition=document, language=language, by=by)
    if address is not None:
        surveys.rename(session, survey, address=address)
    note("survey.created", survey.id)
    return survey


def _deleted(survey_id: UUID, confirm: str | None = None) -> UUID:
    surveys.delete(tenancy.session(), the_survey(survey_id), confirm=confirm)
    note("survey.deleted", survey_id)
    return survey_id


def _archived(survey_id: UUID) -> UUID:
    surveys.archive(tenancy.session(), the_survey(survey_id), by=tenancy.actor().id)
    note("survey.archived", survey_id)
    return survey_id


def _restored(survey_id: UUID) -> UUID:
    surveys.restore(tenancy.session(), the_survey(survey_id))
    note("survey.restored", survey_id)
    return survey_id


def _saved(survey_id: UUID, definition: Any, draft_revision: int | None = None) -> UUID:
    survey = the_survey(survey_id)
    revision = _expected(survey, draft_revision)
    return surveys.save_draft(tenancy.session(), survey, definition, revision=revision).id


def _expected(survey: Survey, said: int | None) -> int:
    """The revision that the program means to replace, by If-Match (RFC 9110, 13.1.1) or by the body."""
    if "If-Match" in request.headers:
        if not request.if_match.contains(str(survey.draft_revision)):
            abort(412)
        return survey.draft_revision if said is None else said
    if said is None:
        abort(428)
    return said


def _draft(survey: Survey) -> dict[str, Any]:
    return {
        "survey_id": survey.id,
        "draft_revision": survey.draft_revision,
        "updated_at": survey.updated_at,
        "definition": survey.draft,
        "problems": publishing.problems(tenancy.session(), survey),
    }


def _etag(survey: Survey) -> dict[str, str]:
    return {"ETag": f'"{survey.draft_revision}"'}
