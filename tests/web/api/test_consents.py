"""Consent, messages, suppressed addresses and the key of links, as programs meet them."""

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from customers import consent, contact
from customers.models import Consent
from infra import clock
from infra.ids import new_id
from surveys import known
from tests.customers.contact_story import LINK, somebody
from tests.web.story import Person as Visitor
from tests.web.story import text_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from web.application import Application

ROOT = "/api/v1"
SCOPES = ("customers.read", "customers.edit", "contacts.manage")


@pytest.fixture
def program(app: "Application", acme: "TenantRef") -> Visitor:
    return Visitor(app, scopes=SCOPES).at(acme)


def test_a_program_notes_a_consent_once_and_reads_its_proof(session: "Session", program: Visitor) -> None:
    person = somebody(session)
    path, key = f"{ROOT}/people/{person.id}/consents", {"Idempotency-Key": "one"}
    told = {"purpose": "news", "state": "given", "text": "I want the letter", "network": "203.0.113.9"}
    first = program.post(path, json=told, headers=key, expect=201).json
    again = program.post(path, json=told, headers=key, expect=201).json
    assert first["id"] == again["id"]
    assert first["text_digest"] == hashlib.sha256(b"I want the letter").hexdigest()
    assert (first["source"], first["network"], first["counts"]) == ("api", "203.0.113.9", True)
    consent.withdraw(session, person.id, "news", LINK)
    acts = program.get(path).json["items"]
    assert [(act["state"], act["counts"]) for act in acts] == [("withdrawn", True), ("given", False)]
    page = program.get(path + "?limit=1").json
    rest = program.get(f"{path}?limit=1&cursor={page['next_cursor']}").json
    assert [act["state"] for act in page["items"] + rest["items"]] == ["withdrawn", "given"]


def test_every_act_is_listed_however_many_there_are(
    app: "Application", session: "Session", acme: "TenantRef", program: Visitor
) -> None:
    person, at = somebody(session), clock.now()
    values = {"person_id": person.id, "purpose": "news", "channel": "email", "state": "given", "source": "api"}
    rows = [{**values, "id": new_id(), "topic": "", "locale": "en", "at": at} for _ in range(1_003)]
    session.execute(insert(Consent), rows)
    session.flush()
    found, cursor = [], ""
    while cursor is not None:
        page = program.get(f"{ROOT}/people/{person.id}/consents?limit=200{cursor}").json
        found += [act["id"] for act in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert found == [str(row["id"]) for row in sorted(rows, key=lambda row: row["id"], reverse=True)]
    staff = Visitor(app, "analyst").at(acme)
    first = staff.get("console.customers.consent", person)
    [older] = re.findall(r'rel="next" href="([^"#]+)#proof"', first.text)
    assert "First page" in text_of(staff.get(older))


def test_what_is_missing_is_said_by_field(session: "Session", program: Visitor) -> None:
    path = f"{ROOT}/people/{somebody(session).id}/consents"
    no_wording = program.post(path, json={"purpose": "news", "state": "given"}, expect=422).json
    assert list(no_wording["errors"]) == ["text_version"]
    program.post(path, json={"purpose": "service", "state": "given"}, expect=422)
    program.post(path, json={"purpose": "news", "state": "given", "topic": "nothing", "text": "x"}, expect=404)
    program.post(f"{ROOT}/people/{new_id()}/consents", json={"purpose": "news", "state": "withdrawn"}, expect=404)


def test_refused_messages_are_listed_with_their_reason(session: "Session", program: Visitor) -> None:
    fine, gone = somebody(session), somebody(session)
    consent.withdraw(session, gone.id, "survey", LINK)
    contact.request_many(session, [fine.id, gone.id], "survey", ref=new_id(), key="spring")
    refused = program.get(f"{ROOT}/contacts?state=refused").json["items"]
    assert [(each["person_id"], each["reason"]) for each in refused] == [(str(gone.id), "withdrawn")]
    mine = program.get(f"{ROOT}/contacts?person_id={fine.id}").json["items"]
    assert [(each["state"], each["mail"]) for each in mine] == [("requested", "queued")]


def test_an_address_is_suppressed_found_and_lifted(session: "Session", program: Visitor) -> None:
    body = {"email": "Ann@example.org", "reason": "Asked by letter"}
    made = program.post(f"{ROOT}/suppressions", json=body, expect=201).json
    assert program.post(f"{ROOT}/suppressions", json=body, expect=201).json["id"] == made["id"]
    found = program.get(f"{ROOT}/suppressions?email=ann@example.org").json["items"]
    assert [each["email"] for each in found] == ["Ann@example.org"]
    lifted = program.post(f"{ROOT}/suppressions/{made['id']}/lifting", json={"reason": "Wrote again"}, expect=200)
    assert lifted.json["lifted_at"] is not None
    assert program.get(f"{ROOT}/suppressions").json["items"] == []
    program.post(f"{ROOT}/suppressions", json={**body, "email": "no address"}, expect=422)


def test_the_key_signs_links_and_ends_with_a_new_one(session: "Session", program: Visitor) -> None:
    key = program.get(f"{ROOT}/link-key").json["key"]
    assert hmac.new(key.encode(), b"4711", hashlib.sha256).hexdigest() == known.signature(session, "4711")
    assert program.post(f"{ROOT}/link-key", expect=201).json["key"] != key


def test_a_key_without_the_scope_reads_and_writes_nothing(
    app: "Application", session: "Session", acme: "TenantRef", globex: "TenantRef", program: Visitor
) -> None:
    person = somebody(session)
    reader = Visitor(app, scopes=("customers.read",)).at(acme)
    reader.get(f"{ROOT}/suppressions", expect=403)
    reader.get(f"{ROOT}/link-key", expect=403)
    reader.post(f"{ROOT}/people/{person.id}/consents", json={}, expect=403)
    elsewhere = Visitor(app, scopes=SCOPES).at(globex)
    elsewhere.get(f"{ROOT}/people/{person.id}/consents", expect=404)
