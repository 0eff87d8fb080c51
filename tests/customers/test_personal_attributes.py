"""What it means that an attribute is personal: what was typed stands with its person alone."""

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from customers import attributes, bulk, exports, people, views
from customers.models import SavedView
from customers.portal import own_parts, parts
from customers.queries import PeopleFilters
from customers.segments import freezing
from customers.selection import Selection
from infra.events.models import Event
from infra.ids import new_id
from infra.long_jobs import LongJob
from tenants.models import AuditEntry
from tests.customers.contact_story import STAFF

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SECRET, OPEN = "Gluten and nuts", "Berlin Mitte"


def declare(session: "Session", label: str, type: str = "text", *, personal: bool = True) -> object:
    options = [("", "Gold")] if type == "choice" else []
    return attributes.declare(
        session, by=STAFF, subject="person", label=label, type=type, options=options, personal=personal
    )


def test_what_was_typed_about_a_person_stands_nowhere_but_with_them(session: "Session") -> None:
    declare(session, "Allergies")
    branch = declare(session, "Branch", personal=False)
    declare(session, "Tier", "choice")
    values = {"allergies": SECRET, "branch": OPEN, "tier": "gold"}
    ann = people.add(session, by=STAFF, name="Ann", attributes=values)
    bob = people.add(session, by=STAFF, name="Bob", attributes=values | {"allergies": "None"})

    asked = {"a.allergies": SECRET, "a.branch": OPEN, "a.tier": "gold", "contact": "never"}
    view = views.save(session, by=STAFF, name="A view", query=asked)
    assert view.query == {"a.branch": OPEN, "a.tier": "gold", "contact": "never"}

    personal = Selection(filters=PeopleFilters(attributes={"allergies": SECRET, "tier": "gold"}))
    plain = Selection(filters=PeopleFilters(attributes={"branch": OPEN, "tier": "gold"}))
    told = {"by": STAFF, "locale": "en", "zone": "UTC"}
    exports.start(session, personal, key=new_id().hex, **told)
    bulk.start_company(session, personal, None, by=STAFF, key=new_id().hex)
    freezing.start(session, personal, "Frozen", by=STAFF, key=new_id().hex)
    for work in session.scalars(select(LongJob)):
        assert work.arguments["selection"] == {"ids": [str(ann.id)]}
    exports.start(session, plain, key=(key := new_id().hex), **told)
    kept = session.scalars(select(LongJob).where(LongJob.key.endswith(key))).one().arguments["selection"]
    assert kept["attributes"] == {"branch": OPEN, "tier": "gold"}

    people.change(session, ann, by=STAFF, attributes={"allergies": f"{SECRET} and milk"})
    told_of = [
        json.dumps([each.data for each in session.scalars(select(Event))], default=str),
        json.dumps([each.data for each in session.scalars(select(AuditEntry))], default=str),
        json.dumps([each.arguments for each in session.scalars(select(LongJob))], default=str),
        json.dumps([each.query for each in session.scalars(select(SavedView))], default=str),
    ]
    assert SECRET not in "".join(told_of)

    attributes.change(session, branch, by=STAFF, personal=True)  # type: ignore[arg-type]
    assert view.query == {"a.tier": "gold", "contact": "never"}

    attributes.change(session, branch, by=STAFF, personal=False)  # type: ignore[arg-type]
    mine = json.dumps(_own(session, bob), default=str)
    assert all(word in mine for word in ("None", OPEN, "Gold"))


def _own(session: "Session", person: object) -> list[object]:
    """What somebody sees of themselves as their attributes."""
    part = next(each for each in own_parts.PARTS if each.code == "attributes")
    return list(parts.every(session, part, parts.about(session, person)))  # type: ignore[arg-type]
