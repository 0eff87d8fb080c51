"""`/surveys/{id}/invitations`: the customers of a segment are invited together, and it can be stopped."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from infra.ids import new_id
from surveys import invitation_counts, invitations, surveys
from surveys.errors import RoundInvalid
from surveys.invitation_counts import Progress
from surveys.models import SurveyRound
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import examples
from web.schemas.api import invitations as schemas
from web.schemas.api.base import Cursors

blueprint = ApiBlueprint("invitations", __name__, description="Customers of a segment, invited to a survey.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/surveys/<uuid:survey_id>/invitations")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.InvitationsPage, example={"items": [schemas.EXAMPLE], "next_cursor": None})
def list_invitations(query: dict[str, Any], survey_id: UUID) -> dict[str, Any]:
    """List the rounds of invitations to a survey, newest first"""
    session = tenancy.session()
    survey = surveys.get_survey(session, survey_id)
    fetch = partial(invitations.list_rounds, session, survey.id)
    page = cursors.turn(f"invitations:{survey.id}", query, fetch)
    return {**page, "items": _told(page["items"])}


@blueprint.post("/surveys/<uuid:survey_id>/invitations")
@blueprint.arguments(schemas.NewInvitations, example=schemas.NEW)
@blueprint.response(201, schemas.Invitations, example=schemas.STARTED, headers=examples.LOCATION)
def invite_segment(body: dict[str, Any], survey_id: UUID) -> Answer:
    """Invite the customers of a segment to a survey

    The rules are asked for each of them, and mails go out, over minutes when they are many: ask for the round until
    it is `done`. Send an `Idempotency-Key`, so that nobody is invited twice when the answer is lost.
    """
    found, status, headers = repeatable.once(lambda: _started(survey_id, body), partial(_shown, survey_id))
    return found, status, {**headers, "Location": f"/api/v1/surveys/{survey_id}/invitations/{found['id']}"}


@blueprint.get("/surveys/<uuid:survey_id>/invitations/<uuid:round_id>")
@blueprint.response(200, schemas.Invitations, example=schemas.EXAMPLE)
def get_invitations(survey_id: UUID, round_id: UUID) -> dict[str, Any]:
    """Get a round of invitations, and how it stands"""
    return _shown(survey_id, round_id)


@blueprint.post("/surveys/<uuid:survey_id>/invitations/<uuid:round_id>/pause")
@blueprint.response(200, schemas.Invitations, example={**schemas.EXAMPLE, "state": "paused"})
def pause_invitations(survey_id: UUID, round_id: UUID) -> Answer:
    """Pause a round

    Nothing more goes out within five seconds. Does nothing for one that is cancelled.
    """
    return _moved(survey_id, round_id, invitations.pause)


@blueprint.post("/surveys/<uuid:survey_id>/invitations/<uuid:round_id>/resume")
@blueprint.response(200, schemas.Invitations, example=schemas.EXAMPLE)
def resume_invitations(survey_id: UUID, round_id: UUID) -> Answer:
    """Send a paused round on, or one that stopped

    The rules are asked again for each mail, and nobody is asked for twice. Does nothing for one that runs.
    """
    return _moved(survey_id, round_id, invitations.resume)


@blueprint.post("/surveys/<uuid:survey_id>/invitations/<uuid:round_id>/cancel")
@blueprint.response(200, schemas.Invitations, example={**schemas.EXAMPLE, "state": "cancelled"})
def cancel_invitations(survey_id: UUID, round_id: UUID) -> Answer:
    """Cancel what is left of a round

    There is no way back. What was sent stays sent, and its links go on working.
    """
    return _moved(survey_id, round_id, invitations.cancel)


def _started(survey_id: UUID, body: dict[str, Any]) -> UUID:
    session = tenancy.session()
    survey = surveys.get_survey(session, survey_id)
    given = {"by": tenancy.actor(), "key": new_id().hex, "reminder": body["reminder"], "words": body["words"]}
    try:
        return invitations.start(session, survey, body["segment_id"], **given).id
    except RoundInvalid as refusal:
        problems = {"segment_id" if name == "segment" else name: said for name, said in refusal.problems.items()}
        raise RoundInvalid(problems=problems) from refusal


def _moved(survey_id: UUID, round_id: UUID, verb: Callable[..., None]) -> Answer:
    return repeatable.once(lambda: _done(survey_id, round_id, verb), partial(_shown, survey_id), status=200)


def _done(survey_id: UUID, round_id: UUID, verb: Callable[..., None]) -> UUID:
    session = tenancy.session()
    verb(session, invitations.get(session, survey_id, round_id), by=tenancy.actor())
    return round_id


def _shown(survey_id: UUID, round_id: UUID) -> dict[str, Any]:
    return _told([invitations.get(tenancy.session(), survey_id, round_id)])[0]


def _told(rounds: Sequence[SurveyRound]) -> list[dict[str, Any]]:
    return [_one(each) for each in invitation_counts.progress(tenancy.session(), rounds)]


def _one(progress: Progress) -> dict[str, Any]:
    standing, about = progress.standing, progress.round
    own = {"asked": standing.asked, "waiting": standing.waiting, "answered": progress.answered}
    shown = ("id", "survey_id", "segment_id", "segment_name", "reminder", "words", "created_at", "asked_at")
    return {
        **{name: getattr(about, name) for name in shown},
        "state": progress.state,
        "counts": {**{name: standing.states[name] for name in schemas.COUNTED}, **own},
        "reasons": dict(standing.reasons),
    }
