"""Rows of other tables keep the ids of people who were merged since; here they count for who they are now."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import aliased

from customers.models import Person
from customers.segments.fields import Asking


def _roots() -> CTE:
    """Everybody who was merged, with whom into, directly and through others, and since when they count as one."""
    later = aliased(Person)
    first = select(Person.id, Person.merged_into.label("root"), Person.updated_at.label("merged_at"))
    chain = first.where(Person.merged_into.is_not(None)).cte("roots", recursive=True)
    since = func.greatest(chain.c.merged_at, later.updated_at)
    further = select(chain.c.id, later.merged_into, since).join(later, later.id == chain.c.root)
    return chain.union(further.where(later.merged_into.is_not(None)))


ROOTS = _roots()
"""One for every condition, so that a statement asks for it once."""


def others() -> ColumnElement[bool]:
    """Whether somebody was merged into the person."""
    other = aliased(Person)
    return Person.id.in_(select(other.merged_into).where(other.merged_into.is_not(None)))


def concerns(query: Select[Any], asking: Asking) -> ColumnElement[bool]:
    """Whether the person, or one who was merged into them, is among the ids that the query gives.

    Two questions, not one over a union: each can be answered by an index, however wrongly rows were guessed.
    """
    rows = query.subquery()
    if asking.alone:
        return Person.id.in_(query)
    own = exists().where(rows.c[0] == Person.id)
    theirs = select(ROOTS.c.root).join(rows, ROOTS.c.id == rows.c[0]).subquery()
    return or_(own, exists().where(theirs.c.root == Person.id))
