"""Domains that mail comes from, and mail of unknown fate, as programs meet them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from customers import contact, inbound, people
from customers.models import InboundMail, Interaction
from infra.clock import now
from infra.events.models import Event
from infra.ids import new_id
from infra.mail.models import Outbox
from tests.customers.contact_story import somebody
from tests.support.nameserver import Nameserver
from tests.web.api.story import Program
from web import create_app

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from infra.services import Services
    from web.application import Application


@pytest.fixture(scope="module")
def server() -> Iterator[Nameserver]:
    running = Nameserver()
    yield running
    running.stop()


@pytest.fixture
def app(joined: "Services", server: Nameserver) -> "Application":
    return create_app(replace(joined, settings=replace(joined.settings, nameservers=server.setting)))


@pytest.fixture
def program(app: "Application", acme: "TenantRef") -> Program:
    return Program(app, "mail.manage").at(acme)


def test_a_program_adds_a_domain_and_checks_it_until_its_record_is_there(
    program: Program, server: Nameserver, session: "Session"
) -> None:
    asked: dict[str, Any] = {"expect": 201, "key": "one", "json": {"domain": "Bäckerei.example"}}
    made = program.call("POST", "sender_domains.create_sender_domain", **asked)
    assert program.call("POST", "sender_domains.create_sender_domain", **asked) == made
    assert (made["domain"], made["local_part"]) == ("xn--bckerei-5wa.example", "hello")
    assert "private" not in str(made)
    dkim = made["records"][0]
    assert (dkim["kind"], dkim["state"], dkim["needed"]) == ("dkim", "unchecked", True)
    check = ("POST", "sender_domains.check_sender_domain", made["id"])
    checked = program.call(*check)
    assert (checked["records"][0]["state"], checked["verified_at"]) == ("missing", None)
    server.set(dkim["name"], "TXT", " ".join(f'"{dkim["value"][i : i + 200]}"' for i in range(0, 600, 200)))
    checked = program.call(*check, key="two")
    assert checked["records"][0]["state"] == "found"
    assert checked["verified_at"] is not None
    told = session.scalars(select(Event).where(Event.kind == "tenants.sender_domain_verified")).all()
    assert [str(each.subject_id) for each in told] == [made["id"]]
    assert [each["id"] for each in program.call("GET", "sender_domains.list_sender_domains")["items"]] == [
        made["id"]
    ]
    program.call("POST", "sender_domains.create_sender_domain", expect=422, json={"domain": "nonsense"})
    program.call("POST", "sender_domains.check_sender_domain", new_id(), expect=404)


def test_mail_of_unknown_fate_is_decided_once(program: Program, session: "Session") -> None:
    person, mails = somebody(session), []
    for number in range(3):
        made = contact.request(session, person.id, "service", ref=new_id(), key=f"mail {number}")
        mail = session.scalars(select(Outbox).where(Outbox.ref_id == made.id)).one()
        mail.state, mail.attempts, mail.finished_at = "unknown", 1, now() - timedelta(minutes=number)
        mails.append(mail)
    session.flush()
    listing = {"query_string": {"limit": 2}}
    page = program.call("GET", "outgoing_mails.list_outgoing_mails", **listing)
    listing["query_string"] |= {"cursor": page["next_cursor"]}
    rest = program.call("GET", "outgoing_mails.list_outgoing_mails", **listing)
    assert [each["id"] for each in page["items"] + rest["items"]] == [str(mail.id) for mail in mails]
    assert {each["person_id"] for each in page["items"]} == {str(person.id)}
    arrived, sent, _ = mails
    for _again in range(2):
        shown = program.call("POST", "outgoing_mails.note_mail_arrival", arrived.id)
        assert shown["state"] == "accepted"
    again: dict[str, Any] = {"json": {"attempts": 1}}
    assert program.call("POST", "outgoing_mails.send_mail_again", sent.id, key="k", **again)["state"] == "queued"
    assert program.call("POST", "outgoing_mails.send_mail_again", sent.id, key="k", **again)["state"] == "queued"
    for operation, mail in (("send_mail_again", sent), ("send_mail_again", arrived)):
        refused = program.call("POST", f"outgoing_mails.{operation}", mail.id, expect=409, **again)
        assert refused["code"] == "mail_decided"
    program.call("POST", "outgoing_mails.note_mail_arrival", sent.id, expect=409)
    program.call("GET", "outgoing_mails.get_outgoing_mail", new_id(), expect=404)


def waiting_mail(session: "Session", sender: str, state: str = "unassigned") -> InboundMail:
    """A mail that waits, as the reader of what came in leaves it."""
    made = InboundMail(
        id=new_id(),
        message_hash=new_id().bytes,
        variant=b"",
        local_part="hello",
        file="inbound/example",
        size=7,
        state=state,
        subject="A question",
        body="Where is my coffee?",
        sender=sender,
        sender_name="Ann Lee",
        attachments=[],
    )
    session.add(made)
    session.flush()
    inbound.tell_waiting(session, made)
    return made


def test_a_program_hears_of_mail_that_waits_and_says_whose_it_is_once(
    app: "Application", program: Program, globex: "TenantRef", session: "Session"
) -> None:
    ann = somebody(session)
    first, second, third, disowned = (
        waiting_mail(session, "ann@known.example"),
        waiting_mail(session, "ann@known.example"),
        waiting_mail(session, "bob@new.example"),
        waiting_mail(session, "boss@bank.example", "quarantined"),
    )
    owner: dict[str, Any] = {"json": {"person_id": str(ann.id)}, "key": "one"}
    call = ("POST", "inbound_mails.assign_inbound_mail")
    given = program.call(*call, first.id, **owner)
    assert (given["state"], given["person_id"]) == ("logged", str(ann.id))
    assert program.call(*call, first.id, **owner) == given
    also = program.call("GET", "inbound_mails.get_inbound_mail", second.id)
    assert (also["state"], also["person_id"]) == ("logged", str(ann.id))
    logged = session.scalars(select(Interaction.summary).where(Interaction.person_id == ann.id)).all()
    assert logged == ["Where is my coffee?"] * 2
    bob = program.call("POST", "inbound_mails.add_inbound_mail_sender", third.id)["person_id"]
    assert [str(each.id) for each in people.find_by_email(session, "bob@new.example")] == [bob]
    refused = ("POST", "inbound_mails.add_inbound_mail_sender", disowned.id)
    assert program.refused(*refused, expect=409) == "inbound_mail_not_open"
    for _again in range(2):
        aside = program.call("POST", "inbound_mails.set_inbound_mail_aside", disowned.id)
        assert aside["state"] == "set_aside"
    program.call(*call, disowned.id, expect=422, json={"person_id": str(new_id())})
    program.call(*call, new_id(), expect=404, json=owner["json"])
    assert program.refused("POST", "inbound_mails.set_inbound_mail_aside", first.id, expect=409)
    Program(app, "mail.manage").at(globex).call(*call, disowned.id, expect=404, json=owner["json"])
    mails = {first.id: "first", second.id: "second", third.id: "third", disowned.id: "disowned"}
    told = session.scalars(select(Event).where(Event.kind.startswith("customers.inbound_mail_"))).all()
    heard = {(mails[each.subject_id], each.kind.rpartition("_")[2], each.data["state"]) for each in told}
    waiting = {(name, "waiting", "unassigned") for name in ("first", "second", "third")}
    decided = {(name, "decided", "logged") for name in ("first", "second", "third")}
    assert heard == waiting | decided | {
        ("disowned", "waiting", "quarantined"),
        ("disowned", "decided", "set_aside"),
    }
    assert "known.example" not in str([each.data for each in told])
