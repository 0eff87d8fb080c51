"""Sender domains and mail in doubt, through the pages."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from infra.clock import now
from infra.ids import new_id
from infra.mail.models import Outbox
from tenants.models import AuditEntry, SenderDomain, TenantSettings
from tenants.sender_domains import records
from tests.support.nameserver import Nameserver
from tests.web.story import Person, text_of
from web import create_app


@pytest.fixture(scope="module")
def server():
    running = Nameserver()
    yield running
    running.stop()


@pytest.fixture
def app(joined, server):
    return create_app(replace(joined, settings=replace(joined.settings, nameservers=server.setting)))


@pytest.fixture
def owner(app, acme):
    return Person(app, role="owner").at(acme)


@pytest.fixture
def doubtful(session):
    row = Outbox(purpose="staff.removed", ref_id=new_id(), key=str(new_id()), locale="en", attempts=1)
    row.state, row.finished_at, row.smtp_reply = "unknown", now(), "the connection broke after DATA"
    session.add(row)
    session.flush()
    return row


def test_a_domain_is_added_checked_used_and_removed(owner, app, server, session):
    owner.post("console.settings.add_sender", data={"domain": "Bäckerei.example", "local_part": "hallo"})
    domain = session.scalars(select(SenderDomain)).one()
    page = owner.get("console.settings.sender", domain)
    shown = records.records_for(app.services.settings, domain)
    assert all(record.value in page.text for record in shown)
    owner.post("console.settings.check_sender", domain)
    assert "was not found" in text_of(owner.get("console.settings.sender", domain))
    owner.post("console.settings.send_from_sender", domain, expect=409)
    server.set(shown[0].name, "TXT", " ".join(f'"{shown[0].value[i : i + 200]}"' for i in range(0, 600, 200)))
    owner.post("console.settings.check_sender", domain)
    owner.post("console.settings.send_from_sender", domain)
    assert "Mail comes from here" in text_of(owner.get("console.settings.senders"))
    owner.post("console.settings.stop_sending_from_sender", domain)
    owner.get("console.settings.sender_removal", domain)
    owner.post("console.settings.give_up_sender", domain)
    assert session.scalar(select(func.count()).select_from(SenderDomain)) == 0
    kinds = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("sender_domain.%"))).all()
    assert {kind.partition(".")[2] for kind in kinds} == {
        "added",
        "verified",
        "made_main",
        "unmade_main",
        "removed",
    }


def test_what_was_typed_stays_beside_what_is_wrong(owner):
    page = owner.post("console.settings.add_sender", data={"domain": "nonsense", "local_part": "a b"}, expect=422)
    assert "nonsense" in page.text
    assert "Write what stands before the @" in text_of(page)
    page = owner.post("console.settings.save_reply_to", data={"reply_to": "x@y\r\nBcc: z@x.org"}, expect=422)


def test_answers_get_an_address(owner, session):
    owner.post("console.settings.save_reply_to", data={"reply_to": "team@example.org"})
    assert session.get(TenantSettings, 1).reply_to == "team@example.org"
    assert "team@example.org" in owner.get("console.settings.senders").text
    owner.post("console.settings.save_reply_to", data={"reply_to": ""})
    assert session.get(TenantSettings, 1).reply_to is None


def test_two_clicks_send_an_unknown_mail_once_more(owner, session, doubtful):
    assert "the connection broke after DATA" in text_of(owner.get("console.settings.outgoing"))
    owner.get("console.settings.outgoing_mail", doubtful)
    for _ in range(2):
        owner.post("console.settings.send_outgoing_again", doubtful, data={"attempt": 1})
    session.refresh(doubtful)
    assert doubtful.state == "queued"
    doubtful.state, doubtful.attempts, doubtful.finished_at = "unknown", 2, now()  # it broke again
    session.flush()
    owner.post("console.settings.send_outgoing_again", doubtful, data={"attempt": 1})  # a click from before
    session.refresh(doubtful)
    assert doubtful.state == "unknown"
    deeds = select(func.count()).where(AuditEntry.action == "mail.sent_again")
    assert session.scalar(deeds) == 1


def test_an_unknown_mail_that_arrived_counts_as_delivered(owner, session, doubtful):
    for _ in range(2):
        owner.post("console.settings.note_outgoing_arrival", doubtful)
    owner.post("console.settings.send_outgoing_again", doubtful, data={"attempt": 1})
    session.refresh(doubtful)
    assert doubtful.state == "accepted"
    assert "somebody found that it arrived" in doubtful.smtp_reply
    assert "Delivered" in text_of(owner.get("console.settings.outgoing_mail", doubtful))


def test_refused_mail_is_listed_with_its_reason_and_not_sent_again(owner, session, doubtful):
    doubtful.state, doubtful.smtp_reply = "refused", "550 5.1.1 no such mailbox"
    session.flush()
    assert "no such mailbox" in text_of(owner.get("/console/settings/outgoing?state=refused"))
    owner.post("console.settings.send_outgoing_again", doubtful, data={"attempt": 1})
    session.refresh(doubtful)
    assert doubtful.state == "refused"


def test_mail_is_decided_about_by_admins_only(app, acme, doubtful):
    editor = Person(app, role="editor").at(acme)
    editor.get("console.settings.outgoing", expect=403)
    editor.post("console.settings.send_outgoing_again", doubtful, data={"attempt": 1}, expect=403)
