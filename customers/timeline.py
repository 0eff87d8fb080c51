"""One timeline per person and company: everything that happened, from all domains, newest first.

A domain adds a `Source`; the list is composed in `web.registries`. Each source gives rows of the same shape, is
narrowed to one page by itself, and the pages are merged, so that ten thousand entries cost as much as ten.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Label,
    Select,
    TableValuedAlias,
    Uuid,
    and_,
    any_,
    column,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from customers import companies, people
from customers.models.people import Company, Person
from infra.pages import Page, bounded, decode_moment, encode_moment
from tenants.permissions import Actor

PAGE = 30


@dataclass(frozen=True, slots=True)
class About:
    """Whose timeline it is: a person by every id they ever had, or a company with its people of today."""

    people: Sequence[UUID]
    company: UUID | None = None
    merged: Sequence[UUID] = ()
    """Companies that were merged into it; their rows keep their ids."""
    each: TableValuedAlias | None = None
    """The ids as rows: what is asked of each id by itself, an index answers in its order."""

    def of(self, person: Any, company: Any = None) -> ColumnElement[bool]:
        """Whether a row is about them, by its column of the person and, where it has one, of the company.

        What happened with somebody while they belonged to a company stays with that company; what names no company
        belongs to the one where they are now.
        """
        if self.each is not None:
            alone: ColumnElement[bool] = person == self.each.c.id
            return alone
        theirs: ColumnElement[bool] = person == any_(
            literal(list(self.people), ARRAY(Uuid))
        )  # one parameter for all
        if self.company is None or company is None:
            return theirs
        return or_(company.in_([self.company, *self.merged]), and_(company.is_(None), theirs))


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the reader wants to see. A source that knows nothing of a thing that is asked for gives nothing."""

    kind: str = ""
    direction: str = ""
    channel: str = ""
    staff_id: UUID | None = None

    @property
    def anything(self) -> bool:
        """Whether anything is asked for."""
        return self != Narrowed()


Selected = Select[datetime, UUID, str, UUID | None, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """What one domain has to tell. `select` gives one SELECT by `entries` for each sort of entry, without order.

    `kind` is the word of the filter and `label` what it says; `permission` is what one must hold to read of it.
    """

    kind: str
    label: str
    permission: str
    select: Callable[[About, Narrowed], Sequence[Selected]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `kind` is the name of its template, `data` what that shows: ids, codes and words."""

    at: datetime
    id: UUID
    kind: str
    person_id: UUID | None
    data: Mapping[str, Any]


_sources: Sequence[Source] = ()


def configure(sources: Sequence[Source]) -> None:
    """Called once when the application is composed."""
    global _sources
    _sources = sources


def sources(by: Actor) -> list[Source]:
    """What the one who looks may read, in order."""
    return [source for source in _sources if by.may(source.permission)]


def entries(kind: str, at: Any, row_id: Any, person_id: Any, /, **data: Any) -> Selected:
    """A SELECT in the shape that all sources share."""
    packed = func.jsonb_build_object(*(part for name, value in data.items() for part in (literal(name), value)))
    columns: tuple[Label[Any], ...] = (
        at.label("at"),
        row_id.label("id"),
        literal(kind).label("kind"),
        person_id.label("person_id"),
        packed.label("data"),
    )
    return select(*columns)


def fitting(
    selected: Selected, wanted: Narrowed, *, channel: Any = None, direction: Any = None, staff: Any = None
) -> list[Selected]:
    """The entries that fit what the reader wants; none when they want what these know nothing of.

    Each column says where the thing stands, a `literal` that it is always the same.
    """
    asked = ((wanted.channel, channel), (wanted.direction, direction), (wanted.staff_id, staff))
    if any(value and column is None for value, column in asked):
        return []
    return [selected.where(*(column == value for value, column in asked if value))]


def of_person(session: Session, person: Person) -> About:
    """Everything under every id of theirs."""
    return About(people.ids_of(session, person.id))


def of_company(session: Session, company: Company) -> About:
    """The company with those who belong to it, and whoever was merged into them."""
    stays, every = companies.get(session, company.id).id, companies.ids_of(session, company.id)
    ids = session.scalars(select(Person.id).where(Person.company_id.in_(every))).all()
    return About(ids, stays, [each for each in every if each != stays])


def read(
    session: Session,
    about: About,
    *,
    by: Actor,
    narrowed: Narrowed | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Page[Entry]:
    """A page, newest first. Raises CursorInvalid."""
    wanted, size, cursor = narrowed or Narrowed(), bounded(limit), decode_moment(after)
    if about.company is None:
        ids = func.unnest(literal(list(about.people), ARRAY(Uuid)))
        about = replace(about, each=ids.table_valued(column("id", Uuid), name="who").render_derived())
    branches = [
        _page_of(selected, about, cursor, size + 1)
        for source in sources(by)
        if wanted.kind in ("", source.kind)
        for selected in source.select(about, wanted)
    ]
    if not branches:
        return Page([], None)
    merged = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    query = select(merged).order_by(merged.c.at.desc(), merged.c.id.desc()).limit(size + 1)
    found = [Entry(row.at, row.id, row.kind, row.person_id, row.data) for row in session.execute(query)]
    if len(found) <= size:
        return Page(found, None)
    return Page(found[:size], encode_moment(found[size - 1].at, found[size - 1].id))


def _page_of(selected: Selected, about: About, cursor: tuple[datetime | None, UUID] | None, size: int) -> Selected:
    """The newest of one source, behind the cursor. The order is the index's, so that only a page of it is read: of
    somebody with several ids, a page of each.
    """
    columns = selected.selected_columns
    at, row_id = (columns[name].element for name in ("at", "id"))
    if cursor is not None:
        selected = selected.where(tuple_(at, row_id) < tuple_(*cursor))
    page = selected.order_by(at.desc(), row_id.desc()).limit(size)
    if about.each is None:
        return page
    of_each = page.lateral()
    newest = select(*of_each.c).select_from(about.each).join(of_each, true())
    return newest.order_by(of_each.c.at.desc(), of_each.c.id.desc()).limit(size)
