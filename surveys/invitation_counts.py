"""How a round of invitations would go, and how it goes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from customers import contact_batches, contact_outlook, segments
from customers.contact_batches import Standing
from customers.models import Contact, PersonalLink
from customers.segments import counting
from infra.long_jobs import LongJob
from infra.mail import outbox_batches
from surveys import invitations
from surveys.answered import spent_seen
from surveys.models import Survey, SurveyRound

JUDGED = 2_000
"""People of a segment for whom the door is asked beforehand; of more, so many by lot."""

State = Literal["asking", "stopped", "sending", "paused", "cancelled", "done"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the door would say now. Of a large segment the figures come from `judged` people drawn by lot."""

    people: int
    judged: int
    fitting: int
    """Of those judged, how many would be asked for: all, or for a reminder those who have not answered
    as far as anybody may know."""
    would: int
    reasons: Mapping[str, int]

    @property
    def exact(self) -> bool:
        """Whether everybody was judged."""
        return self.judged >= self.people

    def of_all(self, count: int) -> int:
        """A count among those judged, as it would be among all."""
        return count if self.exact or not self.judged else round(count * self.people / self.judged)


@dataclass(frozen=True, slots=True)
class Progress:
    """A round and how it stands."""

    round: SurveyRound
    state: State
    standing: Standing
    work: LongJob | None
    """What asks for everybody, or did."""
    answered: int | None
    """How many have answered since; None of an anonymous survey, where it could tell who."""


def forecast(session: Session, survey: Survey, segment_id: UUID, *, reminder: bool) -> Forecast:
    """What would become of a round that began now. Raises RoundInvalid, SegmentFilling, SegmentBroken."""
    segment = invitations.usable_segment(session, segment_id)
    people, query = counting.refresh(session, segment), segments.select_people(session, segment)
    if people > JUDGED:
        query = query.where(func.random() < 1.2 * JUDGED / people)
    drawn = session.scalars(query.limit(JUDGED)).all()
    asked = invitations.unanswered(session, survey.id, drawn) if reminder else drawn
    counts = contact_outlook.count(session, asked, invitations.PURPOSE) if asked else Counter[str]()
    reasons = {reason: count for reason, count in counts.most_common() if reason}
    return Forecast(max(people, len(drawn)), len(drawn), len(asked), counts[""], reasons)


def progress(session: Session, rounds: Sequence[SurveyRound]) -> list[Progress]:
    """How these rounds of one survey stand, in their order, with the same few questions for however many."""
    ids = [each.id for each in rounds]
    standings, batches = contact_batches.standings(session, ids), outbox_batches.states_of(session, ids)
    works, counts = invitations.find_works(session, ids), answers(session, rounds)
    found = []
    for each in rounds:
        standing, work = standings[each.id], works.get(each.id)
        state = _state(each, batches[each.id], standing, work)
        found.append(Progress(each, state, standing, work, counts.get(each.id)))
    return found


def answers(session: Session, rounds: Sequence[SurveyRound]) -> dict[UUID, int]:
    """How many of those who were asked have answered since, by this link of theirs or a later one.

    Rounds of anonymous surveys are left out, however many have answered: of two rounds that differ by one person,
    the counts would say whether that one has.
    """
    done = exists().where(
        PersonalLink.person_id == Contact.person_id,
        PersonalLink.ref_id == SurveyRound.survey_id,
        PersonalLink.created_at >= SurveyRound.created_at,
        spent_seen(),
    )
    theirs = and_(Contact.batch_id == SurveyRound.id, Contact.state == "requested", done)
    query = (
        select(SurveyRound.id, func.count(Contact.id))
        .join(Survey, Survey.id == SurveyRound.survey_id)
        .outerjoin(Contact, theirs)
        .where(SurveyRound.id.in_([each.id for each in rounds]), Survey.identity != "anonymous")
        .group_by(SurveyRound.id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _state(survey_round: SurveyRound, batch: str, standing: Standing, work: LongJob | None) -> State:
    if batch == "cancelled":
        return "cancelled"
    if batch == "paused":
        return "paused"
    if survey_round.asked_at is None:
        return "stopped" if invitations.has_stopped(survey_round, work) else "asking"
    return "sending" if standing.waiting else "done"
