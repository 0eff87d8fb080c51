"""Programs write to one customer: once, through the door, and read what became of it."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from customers import consent
from customers.models import Contact
from infra.ids import new_id
from surveys import library, surveys
from tests.customers.contact_story import FORM, LINK, somebody
from tests.customers.test_contact_sending import rules
from tests.web.story import Person as Visitor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from web.application import Application

ROOT = "/api/v1"
WORDS = {"subject": "Your question", "text": "Hello Ann,\n\nit is here."}


@pytest.fixture
def program(app: "Application", acme: "TenantRef") -> Visitor:
    return Visitor(app, scopes=("customers.read", "contacts.write")).at(acme)


def test_a_program_writes_once_and_reads_what_became_of_it(session: "Session", program: Visitor) -> None:
    rules(session)
    person = somebody(session)
    path, key = f"{ROOT}/people/{person.id}/messages", {"Idempotency-Key": "one"}
    first = program.post(path, json=WORDS, headers=key, expect=201).json
    again = program.post(path, json=WORDS, headers=key, expect=201)
    assert (again.json["id"], again.headers["Idempotency-Replayed"]) == (first["id"], "true")
    assert session.scalar(select(func.count()).select_from(Contact)) == 1
    assert (first["state"], first["purpose"], first["text"]) == ("waiting", "message", WORDS["text"])
    assert program.get(f"{ROOT}/messages/{first['id']}").json == first
    logged = program.get(f"{ROOT}/interactions/{first['interaction_id']}").json
    assert (logged["subject"], logged["direction"], logged["source"]) == (WORDS["subject"], "out", "api")
    changed = program.send(
        "PATCH", f"{ROOT}/interactions/{first['interaction_id']}", json={"summary": "x"}, expect=403
    )
    assert changed.json["code"] == "scope_missing"


def test_a_key_that_may_not_read_consents_learns_nothing_by_noting_one(
    app: "Application", session: "Session", acme: "TenantRef"
) -> None:
    person = somebody(session)
    given = consent.give(session, person.id, "news", FORM)
    writer = Visitor(app, scopes=("customers.edit", "contacts.manage")).at(acme)
    told = {"purpose": "news", "state": "given", "text": "I want the letter"}
    answer = writer.post(f"{ROOT}/people/{person.id}/consents", json=told, expect=201)
    assert answer.json == {"id": str(given.id)}
    assert "key" in writer.post(f"{ROOT}/link-key", expect=201).json


def test_a_refusal_is_an_answer_with_its_reason(session: "Session", program: Visitor) -> None:
    rules(session)
    person = somebody(session)
    consent.withdraw(session, person.id, "message", LINK)
    refused = program.post(f"{ROOT}/people/{person.id}/messages", json=WORDS, expect=201).json
    assert (refused["state"], refused["reason"]) == ("refused", "withdrawn")
    assert (refused["interaction_id"], refused["text"]) == (None, None)
    listed = program.get(f"{ROOT}/contacts?reason=withdrawn").json["items"]
    assert [each["id"] for each in listed] == [refused["id"]]


def test_what_is_wrong_is_said_by_field_and_rights_are_asked(
    app: "Application", session: "Session", program: Visitor, acme: "TenantRef", globex: "TenantRef"
) -> None:
    person = somebody(session)
    path = f"{ROOT}/people/{person.id}/messages"
    closed = surveys.create_from_template(session, library.list_templates()[0].key, zone="UTC")
    wrong = (
        ({"subject": "a\nb"}, "subject"),
        ({"text": "http://acme.example"}, "text"),
        ({"purpose": "nonsense"}, "purpose"),
        ({"purpose": "service"}, "purpose"),
        ({"survey_id": str(closed.id)}, "survey_id"),
    )
    for change, field in wrong:
        found = program.post(path, json={**WORDS, **change}, expect=422).json["errors"]
        assert list(found) == [field]
    program.post(f"{ROOT}/people/{new_id()}/messages", json=WORDS, expect=404)
    Visitor(app, scopes=("customers.edit",)).at(acme).post(path, json=WORDS, expect=403)
    Visitor(app, scopes=("contacts.write",)).at(globex).post(path, json=WORDS, expect=404)
    program.get(f"{ROOT}/messages/{new_id()}", expect=404)
