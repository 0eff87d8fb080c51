"""How many are in a segment, and who a few of them are."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from customers.models import Person
from customers.models.segments import FROZEN, Segment
from customers.queries import rows_of
from customers.segments.rules import Group
from customers.segments.selecting import select_count
from infra import clock

FRESH = timedelta(minutes=10)
"""For so long a count is shown again instead of being made anew."""
SAMPLE = 5
SETTINGS = {"jit": "off", "work_mem": "64MB"}
"""For one count over very many people: compiling takes longer than counting, and what rules look up in other tables
stays in memory."""


def count_people(session: Session, asked: Segment | Group) -> int:
    """How many are in a segment, or fit a rule, exactly. Raises SegmentFilling, SegmentBroken."""
    count = select_count(session, asked)
    session.execute(select(*(func.set_config(name, value, True) for name, value in SETTINGS.items())))
    return session.scalar(count) or 0


def refresh(session: Session, segment: Segment, *, anew: bool = False) -> int:
    """How many are in the segment; counted now when that is longer ago than FRESH, and remembered with the time.

    Raises SegmentFilling, SegmentBroken.
    """
    if segment.counted is None or anew or not is_fresh(segment):
        segment.counted, segment.counted_at = count_people(session, segment), clock.now()
    return segment.counted


def is_fresh(segment: Segment) -> bool:
    """Whether its count may be shown as it is. Who is in a frozen one does not change."""
    if segment.counted_at is None:
        return False
    return segment.kind == FROZEN or clock.now() - segment.counted_at < FRESH


def sample(session: Session, people: Select[UUID]) -> Sequence[Person]:
    """The newest few of a selection."""
    return rows_of(session, session.scalars(people.order_by(Person.id.desc()).limit(SAMPLE)).all())
