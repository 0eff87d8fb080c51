"""Invitations to a survey in every state: being asked for, stopped by a failure, paused, cancelled, over."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import contact, people
from customers.models import Person
from customers.segments import verbs
from infra import clock, long_jobs
from infra.ids import new_id
from infra.mail import outbox_batches
from surveys import invitations as rounds
from surveys.models import Survey, SurveyRound
from tenants.permissions import Actor, of_role
from tests.e2e.stops import LONG, Stop
from web import registries
from web.demo.people import COLLEAGUES

OWNER = Actor("staff", COLLEAGUES[0].id, of_role("owner"))
EVERYBODY = {
    "match": "all",
    "conditions": [{"field": "language", "operator": "any_of", "value": ["de", "en", "fr"]}],
}


def invitations(session: Session, survey: Survey, closed: Survey) -> list[Stop]:
    """Nothing goes out: what is asked for belongs to a paused round."""
    registries.compose()
    segment = verbs.create(session, by=OWNER, name="Everybody: " + LONG[:90], rule=EVERYBODY)
    made = {
        state: SurveyRound(
            survey_id=survey.id,
            segment_id=segment.id,
            segment_name=segment.name,
            reminder=state == "over",
            key=new_id().hex,
            created_by=OWNER.id,
            asked_at=clock.now() if state in ("paused", "over") else None,
        )
        for state in ("asking", "failed", "paused", "cancelled", "over")
    }
    session.add_all(made.values())
    session.flush()
    for state in ("asking", "failed"):
        work = long_jobs.start(session, rounds.invite, by=OWNER, subject=made[state].id, total=4_812)
        work.state, work.done, work.started_at = "running", 1_500, clock.now()
        work.heartbeat_at = clock.now()
        if state == "failed":
            work.state, work.ended_at, work.reason = "failed", clock.now(), "survey_not_open"
    paused = made["paused"].id
    outbox_batches.pause(session, paused)
    some = list(session.scalars(select(Person.id).where(Person.merged_into.is_(None)).limit(4)))
    some.append(people.add(session, by=OWNER, name="Nobody can write to").id)
    contact.request_many(
        session, some, rounds.PURPOSE, ref=survey.id, key=f"round:{paused.hex}", letter="survey", batch_id=paused
    )
    rounds.cancel(session, made["cancelled"], by=OWNER)
    at = f"/console/surveys/{survey.id}/invitations"
    return [
        Stop("invitations", at),
        Stop("invitations-closed", f"/console/surveys/{closed.id}/invitations"),
        Stop("invitations-new", f"{at}/new?segment={segment.id}"),
        Stop("invitations-reminder", f"{at}/new?segment={segment.id}&what=reminder"),
        Stop("invitations-nobody-meant", f"{at}/new", 422),
        *(Stop(f"invitations-{state}", f"{at}/{each.id}") for state, each in made.items()),
        Stop("invitations-cancellation", f"{at}/{paused}/cancellation"),
    ]
