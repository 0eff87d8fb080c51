"""Who fits: the filters of lists, exports and bulk actions, and the one way in which a long list is read.

A page of a narrowed list is found in two steps at most. First everybody who fits is collected up to COUNTED, in
whatever order the database likes; when that is all of them, they are sorted and the count is exact. Only when more
fit is the list read along its order: then every hundredth fits at least, and the page fills soon. So neither a
filter that nobody fits nor one that everybody fits reads a million rows along an index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from customers import companies
from customers.models import Identity, Person
from customers.search import Search
from customers.segments.selecting import member_of
from infra import clock
from infra.pages import Page, bounded, decode, decode_moment, encode, encode_moment

COUNTED = 10_000
"""People who fit are counted up to here; beyond, a page says "more than"."""

SCORES: Mapping[str, tuple[str, int, int]] = {
    "promoters": ("nps", 9, 10),
    "passives": ("nps", 7, 8),
    "detractors": ("nps", 0, 6),
    "satisfied": ("csat", 4, 5),
    "dissatisfied": ("csat", 1, 3),
    "easy": ("ces", 5, 7),
    "difficult": ("ces", 1, 4),
}
"""Bands of the last scores: column, lowest and highest."""
UNSCORED, NEVER = "none", "never"
NEWEST, LAST_CONTACT = "newest", "contact"
ORDERS = (NEWEST, LAST_CONTACT)
WITHIN, BEYOND = "within", "beyond"


@dataclass(frozen=True, slots=True)
class PeopleFilters:
    """Which people to list. Each narrows the others; the empty ones ask for nothing."""

    search: Search | None = None
    company_id: UUID | None = None
    segment_id: UUID | None = None
    language: str = ""
    source: str = ""
    contact: str = ""
    """`within:30` and `beyond:90` in days, or `never`; beyond includes never."""
    score: str = ""
    """A band of SCORES, or `none`."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Values by code, as they are stored."""

    @property
    def narrows(self) -> bool:
        """Whether anything is asked for."""
        return self != PeopleFilters()


@dataclass(frozen=True, slots=True)
class Found(Page[Person]):
    """A page with how many fit; `more` when that is only how far was counted."""

    total: int = 0
    more: bool = False


def list_people(
    session: Session,
    filters: PeopleFilters | None = None,
    *,
    after: str | None = None,
    limit: int = 50,
    order: str = NEWEST,
) -> Found:
    """People who fit, newest first, or by their last contact. Raises CursorInvalid."""
    wanted, size = filters or PeopleFilters(), bounded(limit)
    collected = (
        select_people(session, wanted).add_columns(Person.last_contact_at).limit(COUNTED + 1).cte("collected")
    )
    found = collected.c
    first = select(found.id).where(*_beyond(order, after, found)).order_by(*_sorting(order, found)).limit(size + 1)
    count = select(func.count()).select_from(collected).scalar_subquery()
    counted, ids = session.execute(select(count, func.array(first.scalar_subquery()))).one()
    if counted > COUNTED:
        query = (
            select_people(session, wanted).where(*_beyond(order, after, Person)).order_by(*_sorting(order, Person))
        )
        ids = session.scalars(query.limit(size + 1)).all()
    rows = rows_of(session, ids[:size])
    cursor = _cursor(order, rows[-1]) if len(ids) > size and rows else None
    return Found(rows, cursor, min(counted, COUNTED), counted > COUNTED)


def count_people(session: Session, filters: PeopleFilters | None = None, *, most: int = COUNTED) -> int:
    """How many fit, counted up to `most`."""
    fitting = select_people(session, filters or PeopleFilters()).limit(most)
    return session.scalar(select(func.count()).select_from(fitting.subquery())) or 0


def select_people(session: Session, filters: PeopleFilters) -> Select[UUID]:
    """The ids of those who fit, without order; long work asks for more.

    Raises SegmentNotFound, SegmentFilling, SegmentBroken.
    """
    query = select(Person.id).where(Person.merged_into.is_(None), Person.erased_at.is_(None))
    if filters.search is not None:
        query = _searched(query, filters.search)
    if filters.company_id is not None:
        query = query.where(Person.company_id.in_(companies.ids_of(session, filters.company_id)))
    if filters.segment_id is not None:
        query = query.where(member_of(session, filters.segment_id))
    if filters.language:
        query = query.where(Person.language == filters.language)
    if filters.source:
        query = query.where(Person.source == filters.source)
    if filters.contact:
        query = query.where(_contacted(filters.contact, clock.now()))
    if filters.score:
        query = query.where(_scored(filters.score))
    if filters.attributes:
        query = query.where(Person.attributes.contains(dict(filters.attributes)))
    return query


def rows_of(session: Session, ids: Sequence[UUID]) -> list[Person]:
    """The people of these ids with their identities, in the order of the ids."""
    if not ids:
        return []
    found = {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(ids)))}
    return [found[each] for each in ids if each in found]


def _searched(query: Select[UUID], search: Search) -> Select[UUID]:
    if not search.words:
        return query.where(Person.id.in_(search.ids))
    if not search.ids:
        return query.join(Identity, Identity.id == Person.id).where(search.begins(Identity.name_index))
    named = select(Identity.id).where(search.begins(Identity.name_index))
    return query.where(Person.id.in_(named.union_all(select(Person.id).where(Person.id.in_(search.ids)))))


def _contacted(asked: str, now: datetime) -> ColumnElement[bool]:
    if asked == NEVER:
        return Person.last_contact_at.is_(None)
    kind, _, days = asked.partition(":")
    since = now - timedelta(days=int(days))
    if kind == WITHIN:
        return Person.last_contact_at >= since
    return or_(Person.last_contact_at < since, Person.last_contact_at.is_(None))


def _scored(band: str) -> ColumnElement[bool]:
    if band == UNSCORED:
        return Person.scored_at.is_(None)
    column, low, high = SCORES[band]
    found: ColumnElement[bool] = getattr(Person, column).between(low, high)
    return found


def _sorting(order: str, of: Any) -> list[ColumnElement[Any]]:
    if order == LAST_CONTACT:
        return [of.last_contact_at.desc().nulls_last(), of.id.desc()]
    return [of.id.desc()]


def _beyond(order: str, after: str | None, of: Any) -> list[ColumnElement[bool]]:
    """The rows behind a cursor."""
    if order != LAST_CONTACT:
        cursor = decode(after)
        return [of.id < cursor] if cursor is not None else []
    position = decode_moment(after)
    if position is None:
        return []
    moment, last = position
    if moment is None:
        return [of.last_contact_at.is_(None), of.id < last]
    later = tuple_(of.last_contact_at, of.id) < tuple_(moment, last)
    return [or_(later, of.last_contact_at.is_(None))]


def _cursor(order: str, last: Person) -> str:
    return encode_moment(last.last_contact_at, last.id) if order == LAST_CONTACT else encode(last.id)
