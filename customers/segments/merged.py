"""Rows of other tables keep the ids of people who were merged since; here they count for who they are now."""

from typing import Any

from sqlalchemy import CTE, Exists, Select, exists, select, union_all
from sqlalchemy.orm import aliased

from customers.models import Person


def _roots() -> CTE:
    """Everybody who was merged, with whom into, directly and through others, and when."""
    later = aliased(Person)
    first = select(Person.id, Person.merged_into.label("root"), Person.updated_at.label("merged_at"))
    chain = first.where(Person.merged_into.is_not(None)).cte("roots", recursive=True)
    further = select(chain.c.id, later.merged_into, chain.c.merged_at).join(later, later.id == chain.c.root)
    return chain.union(further.where(later.merged_into.is_not(None)))


ROOTS = _roots()
"""One for every condition, so that a statement asks for it once."""


def concerns(query: Select[Any]) -> Exists:
    """Whether the person, or one who was merged into them, is among the ids that the query gives."""
    rows = query.subquery()
    owner = rows.c[0]
    merged = select(ROOTS.c.root).join(rows, ROOTS.c.id == owner)
    among = union_all(select(owner.label("person_id")), merged).subquery()
    return exists().where(among.c.person_id == Person.id)
