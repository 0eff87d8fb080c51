"""What programs are told of: messages that will go out, reports about mail, and what the tenant decides."""

from typing import TYPE_CHECKING

from sqlalchemy import select

from customers import attributes, bounces, consent, contact, contact_rules, topics
from customers.bounces import Told
from infra.events.models import Event
from infra.ids import new_id
from tests.customers.contact_story import LINK, STAFF, somebody
from worker import REACTIONS

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


def told(session: "Session", kind: str) -> list[tuple["UUID", dict[str, object]]]:
    rows = session.scalars(select(Event).where(Event.kind == f"customers.{kind}").order_by(Event.id))
    return [(row.subject_id, dict(row.data)) for row in rows]


def test_one_message_is_told_and_neither_batches_nor_what_was_asked_for(session: "Session") -> None:
    person, gone = somebody(session), somebody(session)
    consent.withdraw(session, gone.id, "survey", LINK)
    made = contact.request(session, person.id, "survey", ref=new_id(), key="one")
    contact.request(session, person.id, "survey", ref=made.ref_id, key="one")
    contact.request(session, gone.id, "survey", ref=new_id(), key="two")
    contact.request(session, person.id, "service", ref=new_id(), key="three")
    contact.request_many(session, [person.id], "survey", ref=new_id(), key="many", batch_id=new_id())
    assert told(session, "contact_requested") == [(made.id, {"person": str(person.id), "purpose": "survey"})]
    came_back = Told("one", "ses", "hard", "5.1.1", recipients=(str(person.identity.email),))
    report = bounces.record(session, came_back)
    bounces.record(session, came_back)
    bounces.record(session, Told("other", "ses", "hard", "5.1.1", recipients=("nobody@example.org",)))
    assert report is not None
    assert told(session, "mail_reported") == [(report.id, {"person": str(person.id), "report": "hard"})]


def test_what_the_tenant_decides_is_told_once_for_each_change(session: "Session") -> None:
    topic = topics.add(session, code="recipes", purpose="news", names={"en": "Recipes"}, by=STAFF)
    for _again in range(2):
        topics.rename(session, topic, names={"en": "Menus"}, by=STAFF)
        topics.archive(session, topic, by=STAFF)
    tier = attributes.declare(session, by=STAFF, subject="person", label="Tier", type="text")
    for _again in range(2):
        attributes.change(session, tier, by=STAFF, label="Level")
        attributes.archive(session, tier, by=STAFF)
    contact_rules.set_budget(session, most=3, days=7, by=STAFF)
    assert [data["change"] for _, data in told(session, "topic_changed")] == ["added", "renamed", "archived"]
    assert [(subject, data["change"]) for subject, data in told(session, "attribute_changed")] == [
        (tier.id, change) for change in ("declared", "changed", "archived")
    ]
    assert [data for _, data in told(session, "contact_rules_changed")] == [{"part": "budget"}]
    for kind in ("topic_changed", "contact_rules_changed", "attribute_changed"):
        assert REACTIONS.names_for(f"customers.{kind}")
