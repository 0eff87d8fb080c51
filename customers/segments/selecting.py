"""Who is in a segment: the one way for lists, counts, campaigns and whatever else goes by segments.

A dynamic segment that asks for another one takes that one's condition into its own, so that one statement answers.
"""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, any_, false, func, not_, select
from sqlalchemy.orm import Session

from customers.models import Person
from customers.models.segments import FROZEN, Segment, SegmentMember
from customers.segments import fields, rules
from customers.segments.compile import where
from customers.segments.errors import SegmentBroken, SegmentFilling, SegmentNotFound
from customers.segments.fields import Asking, Catalogue
from customers.segments.merged import ROOTS, concerns, others
from customers.segments.rules import Group
from infra import clock
from tenants import branding

LIVING = (Person.merged_into.is_(None), Person.erased_at.is_(None))


def select_people(session: Session, segment: Segment, *, moment: datetime | None = None) -> Select[UUID]:
    """The ids of everybody in the segment, without order; more can be asked of `people` in the same statement.

    Raises SegmentFilling, SegmentBroken: nobody is better than the wrong people.
    """
    return select(Person.id).where(*LIVING, membership(session, segment, moment=moment))


def select_fitting(session: Session, rule: Group, *, moment: datetime | None = None) -> Select[UUID]:
    """The same for a rule that nobody has saved."""
    return select(Person.id).where(*LIVING, _Reading(session, moment).rule(rule))


def select_count(session: Session, asked: Segment | Group) -> Select[int]:
    """How many are in a segment, or fit a rule, exactly. Raises SegmentFilling, SegmentBroken.

    Those into whom nobody was merged, nearly everybody, are counted apart from the rest: what is asked of them are
    plain joins, which PostgreSQL hashes and shares out among processes.
    """
    many = _Reading(session, None, alone=True).asked(asked)
    few = _Reading(session, None).asked(asked)
    roots = func.array(select(ROOTS.c.root).scalar_subquery())
    parts = (
        (many, not_(func.coalesce(others(), false()))),
        (Person.id == any_(roots), func.coalesce(few, false())),  # hidden, it is asked of each instead of joined
    )
    first, second = (select(func.count()).where(*LIVING, *part).scalar_subquery() for part in parts)
    return select(first + second)


def membership(session: Session, segment: Segment, *, moment: datetime | None = None) -> ColumnElement[bool]:
    """Whether a row of `people` is in the segment. Raises SegmentFilling, SegmentBroken."""
    return _Reading(session, moment).segment(segment)


def member_of(session: Session, segment_id: UUID) -> ColumnElement[bool]:
    """The same for an id. Raises SegmentNotFound."""
    segment = session.get(Segment, segment_id)
    if segment is None:
        raise SegmentNotFound()
    return membership(session, segment)


class _Reading:
    """One look at one moment; `within` are the segments that are being read, each inside the one before."""

    def __init__(self, session: Session, moment: datetime | None, *, alone: bool = False) -> None:
        self.session = session
        self.within: list[UUID] = []
        self.read: dict[UUID, ColumnElement[bool]] = {}
        self.known: Catalogue | None = None
        zone = ZoneInfo(branding.get_settings(session).zone)
        self.asking = Asking(moment or clock.now(), zone, self._other, alone)

    def asked(self, asked: Segment | Group) -> ColumnElement[bool]:
        return self.segment(asked) if isinstance(asked, Segment) else self.rule(asked)

    def segment(self, segment: Segment) -> ColumnElement[bool]:
        if segment.kind == FROZEN:
            if segment.frozen_at is None:
                raise SegmentFilling(name=segment.name)
            members = select(SegmentMember.person_id).where(SegmentMember.segment_id == segment.id)
            return concerns(members, self.asking)
        if segment.id in self.within:
            raise SegmentBroken()
        if segment.id not in self.read:
            self.within.append(segment.id)
            self.read[segment.id] = self.rule(rules.load(segment.rule))
            self.within.pop()
        return self.read[segment.id]

    def rule(self, rule: Group) -> ColumnElement[bool]:
        if self.known is None:
            self.known = fields.catalogue(self.session)
        return where(rule, self.known, self.asking)

    def _other(self, segment_id: UUID) -> ColumnElement[bool]:
        found = self.session.get(Segment, segment_id)
        if found is None:
            raise SegmentBroken()
        return self.segment(found)
