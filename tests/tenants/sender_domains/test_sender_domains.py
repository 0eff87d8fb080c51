"""Mail comes from a tenant's own domain while its key stands in DNS, and is signed by that domain."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes

import dkim
import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import TenantRef
from infra.errors import Conflict, Invalid
from infra.events.models import Event
from infra.ids import new_id
from infra.mail import outbox, purposes, sender
from infra.mail.purposes import MailPurposes, Message, OutgoingMail
from infra.services import Services
from tenants.permissions import SYSTEM
from tenants.sender_domains import claims, senders
from tests.infra.mail.sink import Sink
from tests.support.nameserver import Nameserver
from tests.tenants.sender_domains.story import Business


@pytest.fixture(scope="module")
def server() -> Iterator[Nameserver]:
    running = Nameserver()
    yield running
    running.stop()


@pytest.fixture
def ours(joined: Services, acme: TenantRef, session: Session, server: Nameserver) -> Business:
    server.silent = server.refusing = False
    return Business(joined, acme, server, session)


def test_a_domain_is_used_once_its_key_is_published(ours: Business) -> None:
    domain = ours.add()
    assert ours.states(ours.check(domain)) == dict.fromkeys(("dkim", "spf", "dmarc"), "missing")
    with pytest.raises(Conflict):
        claims.make_main(ours.session, domain, by=SYSTEM)
    assert ours.sender().sender == '"Zoë\'s Bakery x" <no-reply@rapport.localhost>'
    ours.publish(domain)
    assert ours.states(ours.check(domain)) == dict.fromkeys(("dkim", "spf", "dmarc"), "found")
    claims.make_main(ours.session, domain, by=SYSTEM)
    ours.session.flush()
    assert ours.sender().sender == f'"Zoë\'s Bakery x" <hello@{domain.domain}>'
    assert senders.find_signer(ours.session, domain.domain) is not None


@pytest.mark.parametrize(
    "panel", [lambda text: text.replace("; ", ";"), lambda text: text.replace("v=DKIM1; k=rsa; ", ""), str.strip]
)
def test_what_panels_make_of_the_key_is_understood(ours: Business, panel: object) -> None:
    domain = ours.add()
    ours.publish(domain, panel)  # type: ignore[arg-type]
    assert ours.states(ours.check(domain))["dkim"] == "found"


def test_a_record_of_somebody_else_proves_nothing(ours: Business) -> None:
    """Not that of another claim either: selector and key are new with each."""
    domain = ours.add()
    ours.publish(domain)
    name = domain.domain
    claims.remove(ours.session, domain, by=SYSTEM)
    ours.session.flush()
    again = ours.add(name)
    assert again.public_key != domain.public_key
    assert ours.states(ours.check(again))["dkim"] == "missing"
    ours.publish(again, lambda value: value.replace(again.public_key, domain.public_key))
    assert ours.states(ours.check(again))["dkim"] == "elsewhere"
    assert again.verified_at is None


def test_a_key_that_is_gone_is_waited_for_an_hour_and_a_silence_changes_nothing(ours: Business) -> None:
    domain = ours.add()
    ours.publish(domain)
    claims.make_main(ours.session, ours.check(domain), by=SYSTEM)
    ours.server.refusing = True
    with time_machine.travel(now() + timedelta(days=5)):
        assert ours.check(domain).verified_at is not None
    ours.server.refusing = False
    ours.server.records.clear()
    assert ours.check(domain).verified_at is not None
    assert domain.next_check_at is not None
    with time_machine.travel(domain.next_check_at):
        assert ours.check(domain).verified_at is None
        assert ours.check(domain).verified_at is None
        ours.session.flush()
        lost = ours.session.scalars(select(Event).where(Event.kind == "tenants.sender_domain_lost")).all()
        assert [each.subject_id for each in lost] == [domain.id], "said once"
        assert "rapport.localhost" in ours.sender().sender
        assert senders.find_signer(ours.session, domain.domain) is None
        ours.publish(domain)
        ours.check(domain)
        ours.session.flush()
    assert domain.domain in ours.sender().sender


@pytest.mark.parametrize("bad", ["localhost", "co.uk", "127.0.0.1", "rapport.localhost", "x" * 300, "a b.example"])
def test_what_nobody_can_send_from_is_refused(ours: Business, bad: str) -> None:
    with pytest.raises(Invalid):
        ours.add(bad)
    for local in ("", "a b", "a@b", "x" * 65, "a..b", "ü\r\nBcc: x"):
        with pytest.raises(Invalid):
            claims.add(ours.session, ours.settings, domain="fine.example", local_part=local, by=SYSTEM)


def test_answers_go_where_the_business_wants_them(ours: Business) -> None:
    assert ours.sender().reply_to == ""
    ours.settings = replace(ours.settings, inbound_domain="in.rapport.test")
    assert ours.sender().reply_to.endswith("<hello@acme.in.rapport.test>")
    claims.set_reply_to(ours.session, address="team@bücher.example", by=SYSTEM)
    assert ours.sender().reply_to.endswith("<team@xn--bcher-kva.example>")
    with pytest.raises(Invalid):
        claims.set_reply_to(ours.session, address="x@y.example\r\nBcc: eve@x.org", by=SYSTEM)


def test_the_private_key_is_not_readable_in_the_database(ours: Business) -> None:
    domain = ours.add()
    assert "PRIVATE KEY" in domain.private_key
    raw = ours.session.execute(
        text("SELECT private_key FROM sender_domains WHERE id = :id"), {"id": domain.id}
    ).scalar_one()
    assert b"PRIVATE" not in bytes(raw)


def from_the_business(session: Session, mail: OutgoingMail) -> Message:
    who = senders.of(session, mail)
    if mail.key.startswith("forged"):
        who = replace(who, sender='"Bank" <info@bank.example>')
    return Message(to="ann@example.org", subject="Hi", text="Hi", html="<p>Hi</p>", sender=who.sender)


def test_a_mail_is_signed_by_the_domain_it_comes_from_and_never_comes_from_another(
    services: Services, own_tenant: TenantRef, server: Nameserver
) -> None:
    sink = Sink()
    purposes.configure(MailPurposes(), lambda _: "Bakery", senders.find_signer)
    try:
        with services.db.tenant_session(own_tenant) as session:
            ours = Business(services, own_tenant, server, session)
            domain = ours.add()
            ours.publish(domain)
            claims.make_main(session, ours.check(domain), by=SYSTEM)
            for key in ("mine", "forged"):
                outbox.send(session, "test.business", ref=new_id(), key=key)
        mailing = replace(services, settings=replace(services.settings, smtp_port=sink.port))
        sender.send_batch(mailing, own_tenant, MailPurposes({"test.business": from_the_business}))
    finally:
        purposes.configure(MailPurposes())
        sender.close()
        sink.stop()
    mine, forged = sorted(sink.raw, key=lambda raw: b"Bank" in raw)
    key_record = f"v=DKIM1; k=rsa; p={domain.public_key}".encode()
    assert message_from_bytes(mine)["From"] == f'"Bakery" <hello@{domain.domain}>'
    assert dkim.verify(mine, dnsfunc=lambda name, **_: key_record if domain.selector.encode() in name else b"")
    assert message_from_bytes(forged)["From"] == '"Bank" <no-reply@rapport.localhost>'
