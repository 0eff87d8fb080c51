"""Rounds of invitations: the customers of a segment are invited to a survey, as one batch.

Whoever asks gets a row at once; long work asks the door for each person, in pieces, and may begin anew at any time:
a person's key in the round makes sure that nobody is asked twice. The round can be paused, resumed and cancelled
from its first moment on, also while it is still being asked for, because its id is that of the batch of mails.

A reminder goes to those of the segment who were invited, have not answered since, and were not reminded yet. Of an
anonymous survey nobody knows who has answered, so there it goes to whoever has as well, and says so.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import consent_people, contact, contact_batches
from customers.models import Contact
from customers.models.segments import Segment
from customers.people import PeopleFilters
from customers.segments import counting, verbs
from customers.selection import Selection
from infra import clock, long_jobs
from infra.errors import NotFound
from infra.events import record
from infra.ids import new_id
from infra.long_jobs import LongJob, Work
from infra.mail import outbox_batches
from infra.pages import Page, bounded, decode, page
from surveys import answered, invitation_words, letters
from surveys.errors import RoundInvalid, RoundNotFound, SegmentGone, SurveyNotOpen
from surveys.events import (
    InvitationsAsked,
    InvitationsBegun,
    InvitationsCancelled,
    InvitationsPaused,
    InvitationsResumed,
)
from surveys.invitation_words import Words
from surveys.models import Survey, SurveyRound
from surveys.wording import N_
from tenants import audit
from tenants.permissions import Actor

PURPOSE = "survey"
PIECE = 500
"""People who are asked for in one transaction; they are held so long."""
CHOOSE = N_("Choose one of your segments that is in use.")


@long_jobs.kind(
    "surveys.invitations",
    title=N_("Inviting customers to a survey"),
    permission="contacts.write",
    unit=N_("customers"),
)
def invite(work: Work) -> None:
    """Asks the door for everybody in the segment of the round `work.subject`, then says that it is whole."""
    assert work.subject is not None
    with work.session() as session:
        found = session.get(SurveyRound, work.subject)
        if found is None or found.asked_at is not None:  # deleted with its survey, or ended by an attempt before
            return
        selection = Selection(filters=PeopleFilters(segment_id=found.segment_id))
    done = 0
    for ids in selection.batches(work, PIECE):
        with work.session() as session:
            if not _ask(session, work.subject, ids):
                return
        done += len(ids)
        work.advance(done)
    with work.session() as session:
        found = session.get_one(SurveyRound, work.subject, with_for_update=True)
        if found.asked_at is None:
            found.asked_at = clock.now()
            record(session, InvitationsAsked(subject=found.id, survey=found.survey_id))
    work.advance(done, done)


def start(
    session: Session,
    survey: Survey,
    segment_id: UUID,
    *,
    by: Actor,
    key: str,
    reminder: bool = False,
    words: Words = MappingProxyType({}),
) -> SurveyRound:
    """A new round, and the work that asks for it; the same key gives the same round. `words` are its author's own.

    Raises SurveyNotOpen, RoundInvalid, SegmentFilling, SegmentBroken.
    """
    own = f"{survey.id}:{by.id}:{key}"
    before = session.scalars(select(SurveyRound).where(SurveyRound.key == own)).one_or_none()
    if before is not None:
        return before
    if not is_open(session, survey.id):
        raise SurveyNotOpen()
    segment = usable_segment(session, segment_id)
    total = counting.refresh(session, segment)
    row = {
        "id": new_id(),
        "survey_id": survey.id,
        "segment_id": segment.id,
        "segment_name": segment.name,
        "reminder": reminder,
        "words": invitation_words.check(session, words),
        "key": own,
        "created_by": by.id,
        "created_at": clock.now(),
    }
    adding = insert(SurveyRound).values(**row).on_conflict_do_nothing(index_elements=[SurveyRound.key])
    made = session.scalar(adding.returning(SurveyRound.id))
    if made is None:
        return session.scalars(select(SurveyRound).where(SurveyRound.key == own)).one()
    long_jobs.start(session, invite, by=by, key=made.hex, subject=made, total=total)
    record(session, InvitationsBegun(subject=made, survey=survey.id, segment=segment.id))
    audit.record(
        session, "survey.invitations_asked", by=by, subject=survey.id, round=made, segment=segment.id, people=total
    )
    return session.get_one(SurveyRound, made)


def pause(session: Session, survey_round: SurveyRound, *, by: Actor) -> None:
    """Sends nothing more until it is resumed. Does nothing for one that is paused or cancelled."""
    if _state_held(session, survey_round) == "running":
        outbox_batches.pause(session, survey_round.id)
        about = survey_round.survey_id
        record(session, InvitationsPaused(subject=survey_round.id, survey=about))
        audit.record(session, "survey.invitations_paused", by=by, subject=about, round=survey_round.id)


def resume(session: Session, survey_round: SurveyRound, *, by: Actor) -> None:
    """Sends a paused round on, and asks on where that stopped. Does nothing for one that runs or was cancelled.

    Raises SegmentGone where more would have to be asked for.
    """
    state = _state_held(session, survey_round)
    stopped = has_stopped(survey_round, find_works(session, [survey_round.id]).get(survey_round.id))
    if state == "cancelled" or (state == "running" and not stopped):
        return
    if stopped and not has_segment(session, survey_round):
        raise SegmentGone()
    outbox_batches.resume(session, survey_round.id)
    if stopped:
        long_jobs.start(session, invite, by=by, subject=survey_round.id)
    about = survey_round.survey_id
    record(session, InvitationsResumed(subject=survey_round.id, survey=about))
    audit.record(session, "survey.invitations_resumed", by=by, subject=about, round=survey_round.id)


def cancel(session: Session, survey_round: SurveyRound, *, by: Actor) -> None:
    """Never sends what is left, and asks for nobody more. What was sent stays. Safe to repeat."""
    if _state_held(session, survey_round) == "cancelled":
        return
    contact_batches.cancel(session, survey_round.id)
    work = find_works(session, [survey_round.id]).get(survey_round.id)
    if work is not None and work.is_unfinished:
        long_jobs.cancel(session, work.id)
    about = survey_round.survey_id
    record(session, InvitationsCancelled(subject=survey_round.id, survey=about))
    audit.record(session, "survey.invitations_cancelled", by=by, subject=about, round=survey_round.id)


def get(session: Session, survey_id: UUID, round_id: UUID) -> SurveyRound:
    """Raises RoundNotFound, also for a round of another survey."""
    found = session.get(SurveyRound, round_id)
    if found is None or found.survey_id != survey_id:
        raise RoundNotFound()
    return found


def list_rounds(
    session: Session, survey_id: UUID, *, after: str | None = None, limit: int = 25
) -> Page[SurveyRound]:
    """Newest first. Raises CursorInvalid."""
    size, cursor = bounded(limit), decode(after)
    query = select(SurveyRound).where(SurveyRound.survey_id == survey_id)
    query = query if cursor is None else query.where(SurveyRound.id < cursor)
    rows = session.scalars(query.order_by(SurveyRound.id.desc()).limit(size + 1)).all()
    return page(rows, size, [row.id for row in rows])


def count_rounds(session: Session, survey_id: UUID) -> int:
    """How many there are."""
    return session.scalar(select(func.count()).where(SurveyRound.survey_id == survey_id)) or 0


def find_works(session: Session, rounds: Collection[UUID]) -> dict[UUID, LongJob]:
    """The long work that asks for each of these rounds, the latest; none where it is forgotten long since."""
    query = select(LongJob).where(LongJob.kind == invite.name, LongJob.subject_id.in_(rounds))
    return {work.subject_id: work for work in session.scalars(query.order_by(LongJob.id)) if work.subject_id}


def has_stopped(survey_round: SurveyRound, work: LongJob | None) -> bool:
    """Whether its work ended before everybody was asked for."""
    return survey_round.asked_at is None and (work is None or not work.is_unfinished)


def is_open(session: Session, survey_id: UUID) -> bool:
    """Whether the survey takes answers."""
    query = select(Survey.id).where(Survey.id == survey_id, Survey.live_version_id.is_not(None))
    return session.scalar(query.where(Survey.archived_at.is_(None))) is not None


def usable_segment(session: Session, segment_id: UUID) -> Segment:
    """A segment in use. Raises RoundInvalid."""
    try:
        segment = verbs.get(session, segment_id)
    except NotFound:
        raise RoundInvalid(problems={"segment": [CHOOSE]}) from None
    if segment.archived_at is not None:
        raise RoundInvalid(problems={"segment": [CHOOSE]})
    return segment


def used_by(session: Session, segment_id: UUID) -> list[str]:
    """The surveys to which a segment is just being invited: it is not deleted meanwhile. Stopped ones hold none."""
    query = (
        select(Survey.name, SurveyRound)
        .join(SurveyRound, SurveyRound.survey_id == Survey.id)
        .where(SurveyRound.segment_id == segment_id, SurveyRound.asked_at.is_(None))
    )
    rows = session.execute(query.order_by(Survey.name)).all()
    ids = [each.id for _, each in rows]
    states, works = outbox_batches.states_of(session, ids), find_works(session, ids)
    held = [(name, each) for name, each in rows if not has_stopped(each, works.get(each.id))]
    return sorted({name for name, each in held if states[each.id] != "cancelled"})


def has_segment(session: Session, survey_round: SurveyRound) -> bool:
    """Whether the segment that is meant is still there."""
    return session.get(Segment, survey_round.segment_id) is not None


def unanswered(session: Session, survey_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    """Those of these people who were invited, have not answered since as far as anybody may know, and were not
    reminded since."""
    owner = {each: asked for asked, who in consent_people.known(session, ids).items() for each in who.ids}
    invited, reminded = (_latest_asked(session, survey_id, owner, reminder) for reminder in (False, True))
    done = answered.latest(session, survey_id, owner)
    return [
        person
        for person in ids
        if person in invited
        and not (person in reminded and reminded[person] >= invited[person])
        and not (person in done and done[person] >= invited[person])
    ]


def _ask(session: Session, round_id: UUID, ids: Sequence[UUID]) -> bool:
    """Asks for a piece; False when the round was cancelled or is gone, or its survey takes no answers."""
    found = session.get(SurveyRound, round_id, with_for_update={"read": True})
    if found is None or outbox_batches.state_of(session, round_id) == "cancelled":
        return False
    if not is_open(session, found.survey_id):
        return False
    had = set(
        session.scalars(select(Contact.person_id).where(Contact.batch_id == round_id, Contact.person_id.in_(ids)))
    )
    wanted = [person for person in ids if person not in had]
    if found.reminder:
        wanted = unanswered(session, found.survey_id, wanted)
    contact.request_many(
        session,
        wanted,
        PURPOSE,
        ref=found.survey_id,
        key=f"round:{round_id.hex}",
        reminder=found.reminder,
        letter=letters.INVITATION,
        batch_id=round_id,
    )
    return True


def _latest_asked(
    session: Session, survey_id: UUID, owner: Mapping[UUID, UUID], reminder: bool
) -> dict[UUID, datetime]:
    query = (
        select(Contact.person_id, func.max(Contact.created_at))
        .where(Contact.person_id.in_(owner), Contact.ref_id == survey_id, Contact.reminder == reminder)
        .where(Contact.state == "requested", Contact.letter.in_((letters.INVITATION, letters.ENCLOSED)))
        .group_by(Contact.person_id)
    )
    return answered.of_owners(session, owner, query)


def _state_held(session: Session, survey_round: SurveyRound) -> str:
    """The state of its batch, while nobody else can change it."""
    session.execute(select(SurveyRound.id).where(SurveyRound.id == survey_round.id).with_for_update())
    return outbox_batches.state_of(session, survey_round.id)
