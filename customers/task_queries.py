"""Which tasks there are: for lists, counts and pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from customers.models.tasks import Task
from infra.pages import Page, bounded, decode_moment, encode_moment

OVER = "over"


@dataclass(frozen=True, slots=True)
class TaskFilters:
    """Which tasks to list. Each narrows the others; the empty ones ask for nothing."""

    state: str = ""
    """`over` for those that are done or cancelled."""
    owner_id: UUID | None = None
    source: str = ""
    people: Sequence[UUID] | None = None
    company_id: UUID | None = None
    since: datetime | None = None
    """Due then or later."""
    before: datetime | None = None
    """Due before."""


def list_tasks(
    session: Session, filters: TaskFilters | None = None, *, after: str | None = None, limit: int = 50
) -> Page[Task]:
    """Open ones by what is due first; with those that are over, newest first. Raises CursorInvalid."""
    wanted, size, cursor = filters or TaskFilters(), bounded(limit), decode_moment(after)
    rising = wanted.state == "open"
    column: Any = Task.due_at if rising else (Task.created_at if not wanted.state else Task.ended_at)
    place = tuple_(column, Task.id)
    query = select(Task).where(*_where(wanted))
    query = query.order_by(column, Task.id) if rising else query.order_by(column.desc(), Task.id.desc())
    if cursor is not None:
        query = query.where(place > cursor if rising else place < cursor)
    rows = session.scalars(query.limit(size + 1)).all()
    if len(rows) <= size:
        return Page(rows, None)
    last = rows[size - 1]
    return Page(rows[:size], encode_moment(getattr(last, column.key), last.id))


def count_tasks(session: Session, filters: TaskFilters | None = None, *, most: int = 10_000) -> int:
    """How many there are, counted up to `most`."""
    return session.scalar(count_query(filters or TaskFilters(), most)) or 0


def count_query(filters: TaskFilters, most: int) -> Select[int]:
    """The same as a question, for pages that ask several in one."""
    fitting = select(Task.id).where(*_where(filters)).limit(most)
    return select(func.count()).select_from(fitting.subquery())


def _where(wanted: TaskFilters) -> list[ColumnElement[bool]]:
    asked: list[tuple[object, Callable[[Any], ColumnElement[bool]]]] = [
        (wanted.state or None, lambda state: Task.state != "open" if state == OVER else Task.state == state),
        (wanted.owner_id, lambda owner: Task.owner_id == owner),
        (wanted.source or None, lambda source: Task.source == source),
        (wanted.people, lambda ids: Task.person_id.in_(ids)),
        (wanted.company_id, lambda company: Task.company_id == company),
        (wanted.since, lambda moment: Task.due_at >= moment),
        (wanted.before, lambda moment: Task.due_at < moment),
    ]
    return [condition(value) for value, condition in asked if value is not None]
