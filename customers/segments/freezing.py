"""People are written down as they are at one moment: a frozen segment, filled by long work.

Whoever was chosen, or fits a list's filters, or is in a dynamic segment when somebody asks for it. The work writes
in batches and may begin anew at any time: it takes away first what an attempt before it had written, so that nobody
is in who fitted only then. Until it has ended nobody can use the segment.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers.models.segments import FROZEN, Segment, SegmentMember
from customers.people import PeopleFilters
from customers.revisions import touch
from customers.segments import events, verbs
from customers.selection import Selection
from infra import clock, long_jobs
from infra.events import record
from infra.i18n import N_
from infra.long_jobs import LongJob, Work
from tenants.permissions import Actor

BATCH = 5_000
MOST_COUNTED = 10_000_000


@long_jobs.kind(
    "customers.segment", title=N_("Filling a segment"), permission="segments.edit", unit=N_("customers")
)
def fill(work: Work) -> None:
    """Writes down who is meant, then says that the segment `work.subject` is whole."""
    with work.session() as session:
        segment = verbs.get(session, _subject(work))
        if segment.frozen_at is not None:  # an attempt before this one ended, and its worker could not say so
            return
        session.execute(delete(SegmentMember).where(SegmentMember.segment_id == segment.id))
    selection, done = Selection.from_codes(work.ids["selection"]), 0
    for ids in selection.batches(work, BATCH):
        with work.session() as session:
            rows = select(literal(_subject(work)), func.unnest(list(ids)))
            adding = insert(SegmentMember).from_select(["segment_id", "person_id"], rows)
            session.execute(adding.on_conflict_do_nothing())
        done += len(ids)
        work.advance(done)
    with work.session() as session:
        _finish(session, _subject(work), done)
    work.advance(done, done)


def start(
    session: Session, selection: Selection, name: str, *, by: Actor, key: str, rule: Mapping[str, Any] | None = None
) -> LongJob:
    """A new frozen segment, and the work that fills it; the same key gives the same work.

    Raises SegmentInvalid, SegmentNameTaken, TooManySegments.
    """
    verbs.one_at_a_time(session)
    begun = session.scalars(select(LongJob).where(LongJob.key == f"{fill.name}:{by.id}:{key}")).first()
    if begun is not None:
        return begun
    segment = verbs.add(session, by=by, name=name, kind=FROZEN, rule=dict(rule or {}))
    total = selection.count(session, most=MOST_COUNTED)
    codes = selection.without_values(session).to_codes()
    return long_jobs.start(session, fill, by=by, key=key, subject=segment.id, total=total, selection=codes)


def start_from(session: Session, segment: Segment, name: str, *, by: Actor, key: str) -> LongJob:
    """Freezes who is in a segment now under a name of its own. Raises as `start`."""
    selection = Selection(filters=PeopleFilters(segment_id=segment.id))
    return start(session, selection, name, by=by, key=key, rule=segment.rule)


def _subject(work: Work) -> UUID:
    assert work.subject is not None
    return work.subject


def _finish(session: Session, segment_id: UUID, count: int) -> None:
    segment = session.get_one(Segment, segment_id, with_for_update=True)
    segment.frozen_at = segment.counted_at = clock.now()
    segment.counted = count
    touch(segment)
    record(session, events.SegmentChanged(subject=segment.id))
