"""Segments as tests tell of them: rules in a line, and who is in."""

from typing import Any

import pytest
from sqlalchemy import select

from customers import people, segments
from customers.models import Person
from customers.segments import counting, verbs
from infra.ids import new_id
from tenants.permissions import SYSTEM
from web import registries


@pytest.fixture(autouse=True)
def composed():
    registries.compose()


def add(session, name: str, **more: Any) -> Person:
    """Somebody of that name; what no form sets is set beside it."""
    typed = {*people.CHECKS, "attributes", "source", "company_id"}
    beside = {field: more.pop(field) for field in list(more) if field not in typed}
    made = people.add(session, by=SYSTEM, name=name, **more)
    for field, value in beside.items():
        setattr(made, field, value)
    session.flush()
    return made


def asks(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


def rule(*conditions: dict[str, Any], match: str = "all") -> dict[str, Any]:
    return {"match": match, "conditions": list(conditions)}


def make(session, *conditions: dict[str, Any], match: str = "all", name: str = ""):
    return verbs.create(session, by=SYSTEM, name=name or new_id().hex, rule=rule(*conditions, match=match))


def names(session, query) -> list[str]:
    rows = session.scalars(select(Person).where(Person.id.in_(query)))
    return sorted(each.identity.name for each in rows)


def fitting(session, *conditions: dict[str, Any], match: str = "all") -> list[str]:
    """The names of everybody for whom the rule holds, after its way through checking and storing."""
    segment = make(session, *conditions, match=match)
    found = names(session, segments.select_people(session, segment))
    assert counting.count_people(session, segment) == len(found)
    return found
