"""The door to the mailbox: what holds a message back when it is asked for, and once more when it is sent."""

import base64
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from customers import consent, contact, contact_rules, suppressions, topics
from customers.consent_errors import ContactKeyTaken
from customers.models import Contact, Person
from infra.clock import now
from infra.db import TenantRef
from infra.ids import new_id
from infra.mail.dkim import DkimSigner
from infra.mail.mime import build
from infra.mail.models import Outbox
from infra.services import Services
from tests.customers.contact_story import (
    FORM,
    LINK,
    STAFF,
    header,
    hello,
    in_outbox,
    letters,
    merge,
    outgoing,
    rendered,
    somebody,
)

NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)


def ask(session: Session, person: Person, purpose: str = "survey", key: str = "", **more: object) -> Contact:
    return contact.request(session, person.id, purpose, ref=new_id(), key=key or new_id().hex, **more)  # type: ignore[arg-type]


def loud(session: Session, most: int = 2, days: int = 14) -> None:
    """No quiet hours, and a budget."""
    contact_rules.set_quiet_hours(session, begin=None, until=None, days=[], by=STAFF)
    contact_rules.set_budget(session, most=most, days=days, by=STAFF)


def test_what_is_asked_for_stands_in_the_outbox_by_the_contacts_id(session: Session) -> None:
    loud(session)
    person = somebody(session, language="en")
    asked = ask(session, person)
    mail = in_outbox(session, asked)
    assert (asked.state, asked.reason) == ("requested", None)
    assert mail is not None
    assert (mail.purpose, mail.ref_id, mail.locale) == (contact.MAIL, asked.id, "en")
    session.refresh(person)
    assert person.last_contact_at is not None


def test_the_same_key_is_the_same_contact_whatever_became_of_it(session: Session) -> None:
    loud(session, most=1)
    person = somebody(session)
    first, second = ask(session, person, key="one"), ask(session, person, key="two")
    assert (first.state, second.state, second.reason) == ("requested", "refused", "budget")
    contact_rules.set_budget(session, most=5, days=1, by=STAFF)
    assert ask(session, person, key="one").id == first.id
    assert ask(session, person, key="two").id == second.id
    with pytest.raises(ContactKeyTaken):
        ask(session, somebody(session), key="one")
    assert (
        session.scalar(select(func.count()).select_from(Outbox).where(Outbox.ref_id.in_([first.id, second.id])))
        == 1
    )


def test_each_reason_is_named_and_no_mail_is_written(session: Session) -> None:
    loud(session)
    nobody, erased, silent = new_id(), somebody(session), somebody(session, "", external_id=new_id().hex)
    erased.erased_at = now()
    gone, bounced, doubtful = somebody(session), somebody(session), somebody(session)
    consent.withdraw(session, gone.id, "survey", LINK)
    suppressions.add(session, bounced.identity.email, kind="hard_bounce", source="dsn")
    suppressions.add(session, doubtful.identity.email, kind="complaint", source="ses")
    wanted = {
        nobody: "unknown_person",
        erased.id: "erased",
        silent.id: "no_address",
        gone.id: "withdrawn",
        bounced.id: "hard_bounce",
        doubtful.id: "complaint",
    }
    for person, reason in wanted.items():
        asked = contact.request(session, person, "survey", ref=new_id(), key=new_id().hex)
        assert (asked.state, asked.reason) == ("refused", reason)
        assert in_outbox(session, asked) is None
    assert ask(session, somebody(session), "news").reason == "no_consent"


def test_the_law_asks_for_consent_by_the_purposes_kind_and_the_tenant_may_ask_for_more(session: Session) -> None:
    loud(session, most=20)
    person = somebody(session)
    asked = {purpose: ask(session, person, purpose).state for purpose in ("service", "survey", "news", "board")}
    assert asked == {"service": "requested", "survey": "requested", "news": "refused", "board": "refused"}
    consent.give(session, person.id, "news", FORM)
    assert ask(session, person, "news").state == "requested"
    contact_rules.set_consent(
        session, asked_first=["survey"], confirmed=["board"], ages={}, channels=["email"], by=STAFF
    )
    assert ask(session, person).reason == "no_consent"
    consent.give(session, person.id, "board", FORM)
    assert ask(session, person, "board").reason == "not_confirmed"


def test_who_complained_still_gets_the_mail_they_ask_for_and_a_dead_mailbox_gets_none(session: Session) -> None:
    loud(session)
    person, dead = somebody(session), somebody(session)
    suppressions.add(session, person.identity.email, kind="complaint", source="ses")
    suppressions.add(session, dead.identity.email, kind="hard_bounce", source="smtp")
    assert ask(session, person, "service").state == "requested"
    assert ask(session, dead, "service").reason == "hard_bounce"


def test_the_budget_counts_everything_but_transactional_mail_reminders_included(
    session: Session, time_machine: object
) -> None:
    move = time_machine.move_to  # type: ignore[attr-defined]
    move(NOON, tick=False)
    loud(session, most=2, days=14)
    person = somebody(session)
    consent.give(session, person.id, "news", FORM)
    assert ask(session, person).state == "requested"
    move(NOON + timedelta(days=5), tick=False)
    assert ask(session, person, reminder=True).state == "requested"
    for day in (6, 13):
        move(NOON + timedelta(days=day), tick=False)
        assert ask(session, person, "news").reason == "budget"
        assert ask(session, person, "service").state == "requested"
    move(NOON + timedelta(days=14, seconds=1), tick=False)
    assert ask(session, person, "news").state == "requested"
    assert ask(session, person, "news").reason == "budget"


def test_what_is_planned_for_later_takes_room_then_and_not_now(session: Session, time_machine: object) -> None:
    time_machine.move_to(NOON, tick=False)  # type: ignore[attr-defined]
    loud(session, most=1, days=7)
    person = somebody(session)
    assert ask(session, person, not_before=NOON + timedelta(days=10)).state == "requested"
    assert ask(session, person, not_before=NOON + timedelta(days=4)).reason == "budget"
    assert ask(session, person).state == "requested"
    assert ask(session, person, not_before=NOON + timedelta(days=17)).state == "requested"


def test_messages_to_those_who_turned_out_to_be_one_count_together(session: Session) -> None:
    loud(session, most=1)
    kept, old = somebody(session), somebody(session)
    ask(session, old)
    merge(session, old, kept, now())
    refused = ask(session, old)
    assert (refused.person_id, refused.reason) == (kept.id, "budget")


def test_quiet_hours_move_a_message_to_their_end_in_the_persons_zone(
    session: Session, time_machine: object
) -> None:
    time_machine.move_to(datetime(2026, 5, 6, 19, 30, tzinfo=UTC), tick=False)  # type: ignore[attr-defined]
    contact_rules.set_quiet_hours(session, begin=21 * 60, until=8 * 60, days=[4], by=STAFF)
    vienna, new_york = somebody(session, zone="Europe/Vienna"), somebody(session, zone="America/New_York")
    late, early = ask(session, vienna), ask(session, new_york)
    assert late.due_at == datetime(2026, 5, 8, 6, tzinfo=UTC)  # 21:30 on Wednesday; Thursday is quiet as a whole
    assert early.due_at == now()
    mail = in_outbox(session, late)
    assert mail is not None
    assert mail.next_attempt_at == late.due_at
    assert ask(session, vienna, "service").due_at == now()


def test_a_topic_that_is_archived_sends_nothing_and_one_nobody_knows_is_a_mistake(session: Session) -> None:
    loud(session)
    person = somebody(session)
    consent.give(session, person.id, "news", FORM)
    topic = topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=STAFF)
    assert ask(session, person, "news", topic="tastings").state == "requested"
    topics.archive(session, topic, by=STAFF)
    assert ask(session, person, "news", topic="tastings").reason == "topic_archived"
    with pytest.raises(topics.TopicNotFound):
        ask(session, person, "news", topic="unheard_of")


def test_many_get_the_answers_that_each_would_get_with_the_same_few_statements(session: Session) -> None:
    loud(session, most=1)
    fine, gone, written, child = (somebody(session) for _ in range(4))
    consent.withdraw(session, gone.id, "survey", LINK)
    ask(session, written)
    merge(session, child, fine, now())
    crowd = [somebody(session, "", external_id=new_id().hex).id for _ in range(40)]
    session.flush()
    counted: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *given: counted.append(given[2]))
    everybody = [fine.id, gone.id, written.id, child.id, *crowd]
    batch = new_id()
    asked = contact.request_many(session, everybody, "survey", ref=new_id(), key="spring", batch_id=batch)
    assert len(counted) < 25
    reasons = {each.person_id: each.reason for each in asked}
    assert (reasons[fine.id], reasons[gone.id], reasons[written.id]) == (None, "withdrawn", "budget")
    assert Counter(reasons[person] for person in crowd) == {"no_address": 40}
    assert session.scalar(select(func.count()).where(Outbox.batch_id == batch)) == 1
    again = contact.request_many(session, everybody, "survey", ref=new_id(), key="spring")
    assert {each.id for each in again} == {each.id for each in asked}


def test_what_was_withdrawn_suppressed_or_erased_in_between_is_cancelled_with_its_reason(
    joined: Services, session: Session, acme: TenantRef
) -> None:
    loud(session)
    fine, gone, bounced, erased, quiet = (somebody(session) for _ in range(5))
    asked = {person.id: ask(session, person) for person in (fine, gone, bounced, erased, quiet)}
    consent.withdraw(session, gone.id, "survey", LINK)
    suppressions.add(session, bounced.identity.email, kind="hard_bounce", source="dsn")
    erased.erased_at = now()
    session.flush()
    with letters(survey=lambda s, c, m: None if c.person_id == quiet.id else _said(s, c, m)):
        made = {person: rendered(joined, session, acme, each) for person, each in asked.items()}
    assert [person for person, mail in made.items() if mail is not None] == [fine.id]
    reasons = {person: (each.state, each.reason) for person, each in asked.items()}
    assert reasons[gone.id] == ("cancelled", "withdrawn")
    assert reasons[bounced.id] == ("cancelled", "hard_bounce")
    assert reasons[erased.id] == ("cancelled", "erased")
    assert reasons[quiet.id] == ("cancelled", "nothing_to_say")


def test_a_cancelled_message_leaves_its_room_in_the_budget(
    joined: Services, session: Session, acme: TenantRef
) -> None:
    loud(session, most=1)
    person = somebody(session)
    asked = ask(session, person)
    with letters(survey=lambda s, c, m: None):
        rendered(joined, session, acme, asked)
    assert ask(session, person).state == "requested"


def test_every_mail_says_why_it_comes_and_leads_to_the_preferences(
    joined: Services, session: Session, acme: TenantRef
) -> None:
    loud(session)
    asked = ask(session, somebody(session))
    with letters():
        mail = rendered(joined, session, acme, asked)
    assert mail is not None
    for text_of in (mail.text, mail.html):
        assert "You get this mail because you are a customer of Acme" in text_of
        assert "/u/preferences/" in text_of
    assert header(mail, "List-Id") == f"<survey.{acme.slug}.localhost>"
    assert header(mail, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert header(mail, "List-Unsubscribe").startswith("<http")


def test_transactional_mail_offers_no_way_to_unsubscribe(
    joined: Services, session: Session, acme: TenantRef
) -> None:
    asked = ask(session, somebody(session), "service")
    with letters():
        mail = rendered(joined, session, acme, asked)
    assert mail is not None
    assert not {name for name, _ in mail.headers if name.startswith("List-")}


@pytest.mark.parametrize("changed", [None, b"List-Unsubscribe:", b"List-Unsubscribe-Post:"])
def test_both_headers_are_inside_the_signature(
    joined: Services, session: Session, acme: TenantRef, changed: bytes | None
) -> None:
    loud(session)
    asked = ask(session, somebody(session))
    with letters():
        mail = rendered(joined, session, acme, asked)
    assert mail is not None
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signed = build(
        mail,
        id=outgoing(joined, acme, asked).id,
        date=now(),
        default_sender="Acme <hello@mail.example>",
        signer=DkimSigner("mail.example", "one", key),
    ).content
    record = b"v=DKIM1; k=rsa; p=" + _public(key)
    if changed is None:
        assert dkim.verify(signed, dnsfunc=lambda *_, **__: record)
        return
    without = b"".join(line for line in signed.splitlines(keepends=True) if not line.startswith(changed))
    other = signed.replace(changed + b" ", changed + b" x")
    assert without != signed != other
    for tampered in (without, other):
        assert not dkim.verify(tampered, dnsfunc=lambda *_, **__: record)


@pytest.mark.processes
def test_two_at_once_never_exceed_the_budget(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        loud(session, most=3)
        ids = [somebody(session).id for _ in range(3)]
    together = Barrier(6)

    def go(number: int) -> None:
        together.wait()
        for turn in range(3):
            with services.db.tenant_session(own_tenant) as session:
                if number % 2:
                    for person in ids:
                        contact.request(session, person, "survey", ref=new_id(), key=f"{number}:{turn}:{person}")
                else:
                    contact.request_many(session, reversed(ids), "survey", ref=new_id(), key=f"{number}:{turn}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(go, range(6)))
    with services.db.tenant_session(own_tenant) as session:
        rows = session.execute(
            select(Contact.person_id, Contact.state, func.count()).group_by(Contact.person_id, Contact.state)
        )
        counted = {(person, state): count for person, state, count in rows}
    assert all(counted[person, "requested"] == 3 and counted[person, "refused"] == 15 for person in ids)


@pytest.mark.processes
def test_the_same_key_at_the_same_moment_is_one_contact(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        loud(session)
        person = somebody(session).id
    together = Barrier(4)

    def go(_: int) -> object:
        together.wait()
        with services.db.tenant_session(own_tenant) as session:
            return contact.request(session, person, "survey", ref=new_id(), key="the same").id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(go, range(4)))) == 1


def _said(session: Session, asked: Contact, mail: object) -> object:
    return hello(session, asked, mail)  # type: ignore[arg-type]


def _public(key: rsa.RSAPrivateKey) -> bytes:
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
