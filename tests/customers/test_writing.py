"""A letter to one customer: through the door, once, with its words on the timeline and its fate beside them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import worker
from customers import (
    consent,
    contact,
    interactions,
    tasks,
    timeline,
    topics,
    writing,
    writing_grounds,
    writing_text,
)
from customers.consent_errors import ContactKeyTaken
from customers.models import Contact, Interaction, Person, PersonalLink
from customers.writing import Written
from customers.writing_delivery import deliveries
from customers.writing_errors import MessageInvalid, MessageKeyUsed
from customers.writing_grounds import Grounds
from infra.clock import now
from infra.db import TenantRef
from infra.ids import new_id, token_hash
from infra.mail import sender
from infra.mail.models import Outbox
from infra.services import Services
from surveys import known, letters, library, publishing, surveys
from surveys.models import Survey
from tenants import audit
from tenants.permissions import SYSTEM, Actor, of_role
from tests.customers.contact_story import LINK, STAFF, somebody
from tests.customers.test_contact_sending import rules
from tests.infra.mail.sink import Sink, sending_to
from tests.web.story import add_member
from web import registries

WRITER = Actor("staff", new_id(), of_role("editor"))
WORDS = {
    "subject": "100 % about your <question>",
    "text": "Hello Ann,\n\nsee https://acme.example/a?b=1&c=2.\n<b>No</b>",
}


def write(session: Session, person: Person, key: str = "", **more: Any) -> Written:
    return writing.write(session, person, key=key or new_id().hex, **{"by": WRITER, **WORDS, **more})


def survey(session: Session, identity: str = "identified") -> Survey:
    made = surveys.create_from_template(session, library.list_templates()[0].key, zone="UTC")
    known.set_identity(session, made, identity, by=WRITER)
    publishing.publish(session, made)
    return made


@pytest.fixture
def mailing(services: Services, sink: Sink) -> Iterator[Services]:
    """Services that send to the sink and receive answers."""
    registries.compose()
    with sending_to(sink, services, inbound_domain="in.example.com") as sending:
        yield sending


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.processes
def test_a_letter_arrives_as_it_was_written_and_its_receipt_stands_with_its_words(
    mailing: Services, own_tenant: TenantRef, sink: Sink
) -> None:
    with mailing.db.tenant_session(own_tenant) as session:
        rules(session)
        person = somebody(session)
        written = write(session, person)
        assert written.interaction is not None
        ids = written.contact.id, written.interaction.id
        address = person.identity.email
    sender.send_batch(mailing, own_tenant, worker.PURPOSES)
    (mail,) = sink.to(address)
    assert mail["Subject"] == WORDS["subject"]
    assert mail["Reply-To"] == f"hello@{own_tenant.slug}.in.example.com"
    assert mail["Auto-Submitted"] is None
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert WORDS["text"] in part(mail, "plain").replace("\r\n", "\n")
    assert '<a href="https://acme.example/a?b=1&amp;c=2">' in part(mail, "html")
    assert "&lt;b&gt;No&lt;/b&gt;" in part(mail, "html")
    with mailing.db.tenant_session(own_tenant) as session:
        delivery = deliveries(session, [ids[0]])[ids[0]]
        assert delivery.mail is not None
        assert (delivery.state, delivery.mail.message_id) == ("sent", mail["Message-ID"])
        logged = session.get_one(Interaction, ids[1])
        assert (logged.channel, logged.direction, logged.body) == ("email", "out", WORDS["text"])
        assert mail["Message-ID"].startswith(f"<{logged.thread_id}@")  # what an answer names
        with pytest.raises(interactions.InteractionWasWritten):
            interactions.change(session, logged, by=WRITER, summary="Other words")


def test_on_the_timeline_a_letter_stands_once_and_a_refusal_without_words(session: Session) -> None:
    registries.compose()
    rules(session, most=1)
    person = somebody(session)
    sent, refused = write(session, person), write(session, person)
    assert (refused.contact.state, refused.contact.reason, refused.interaction) == ("refused", "budget", None)
    page = timeline.read(session, timeline.of_person(session, person), by=WRITER)
    assert sent.interaction is not None
    told = {(each.kind, each.id) for each in page.items}
    assert {("interaction", sent.interaction.id), ("contact", refused.contact.id)} <= told
    assert ("contact", sent.contact.id) not in told
    assert {each.data["contact"] for each in page.items if each.kind == "interaction"} == {str(sent.contact.id)}


def test_the_same_key_is_one_letter_and_names_no_other_customer(session: Session) -> None:
    rules(session)
    person = somebody(session)
    first, again = write(session, person, key="once"), write(session, person, key="once")
    assert (first.contact.id, first.interaction) == (again.contact.id, again.interaction)
    with pytest.raises(ContactKeyTaken):
        write(session, somebody(session), key="once")


def test_other_words_under_the_same_key_are_refused_and_so_is_what_was_taken_back(session: Session) -> None:
    rules(session)
    person = somebody(session)
    first = write(session, person, key="once")
    for other in ({"text": "Other words"}, {"subject": "Another"}, {"purpose": "survey"}):
        with pytest.raises(MessageKeyUsed):
            write(session, person, key="once", **other)
    assert first.interaction is not None
    interactions.delete(session, first.interaction, by=WRITER)
    with pytest.raises(MessageKeyUsed):
        write(session, person, key="once")
    assert session.scalar(select(func.count()).select_from(Interaction)) == 0


def came_in(session: Session, person: Person, **more: Any) -> UUID:
    """What the customer wrote to us by mail."""
    said = {"channel": "email", "direction": "in", "summary": "Where is it?", "source": "mail", "staff_id": None}
    return interactions.log(session, person, by=SYSTEM, **{**said, **more}).id


def test_a_service_message_answers_the_customer_or_an_admin_says_why_and_no_program_sends_one(
    session: Session,
) -> None:
    rules(session, most=1)
    person = somebody(session)
    consent.withdraw(session, person.id, "message", LINK)
    admin = Actor("staff", new_id(), of_role("admin"))
    key = Actor("api_key", new_id(), of_role("owner"))
    answer = Grounds(came_in(session, person))
    not_theirs = (
        came_in(session, somebody(session)),
        came_in(session, person, source="staff"),
        came_in(session, person, automatic=True),
        came_in(session, person, authentication="failed"),
        came_in(session, person, at=now() - timedelta(days=31)),
        came_in(session, person, direction="out"),
        new_id(),
    )
    refused = [
        (WRITER, writing_grounds.NONE, "purpose"),
        (WRITER, Grounds(reason="contract"), "purpose"),
        *((WRITER, Grounds(each), "purpose") for each in not_theirs),
        (admin, writing_grounds.NONE, "reason"),
        (admin, Grounds(reason="because"), "reason"),
        (key, answer, "purpose"),
        (key, Grounds(reason="law"), "purpose"),
    ]
    for by, grounds, field in refused:
        with pytest.raises(MessageInvalid) as said:
            write(session, person, purpose="service", by=by, grounds=grounds)
        assert list(said.value.problems) == [field]
    assert session.scalar(select(func.count()).select_from(Contact)) == 0
    for by, grounds in ((WRITER, answer), (admin, Grounds(reason="contract"))):
        assert write(session, person, purpose="service", by=by, grounds=grounds).contact.state == "requested"
    told = [(entry.action, entry.data) for entry in audit.list_about(session, person.id)]
    assert ("person.answered", {"interaction": str(answer.answers)}) in told
    assert ("person.written_to_unasked", {"reason": "contract"}) in told


def test_whatever_is_said_above_an_enclosed_survey_the_rules_for_surveys_hold(session: Session) -> None:
    registries.compose()
    rules(session)
    person, opened = somebody(session), survey(session)
    consent.withdraw(session, person.id, "survey", LINK)
    refused = letters.write(session, person, opened.id, key="a", by=WRITER, **WORDS).contact
    assert (refused.purpose, refused.reason) == ("survey", "withdrawn")
    topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=STAFF)
    with pytest.raises(MessageInvalid) as said:
        letters.write(session, person, opened.id, key="b", by=WRITER, topic="tastings", **WORDS)
    assert list(said.value.problems) == ["topic"]


@pytest.mark.processes
def test_two_clicks_at_once_are_one_letter(services: Services, own_tenant: TenantRef) -> None:
    registries.compose()
    with services.db.tenant_session(own_tenant) as session:
        rules(session)
        person_id = somebody(session).id
    together = Barrier(4)

    def go(_: int) -> UUID:
        together.wait()
        with services.db.tenant_session(own_tenant) as session:
            return write(session, session.get_one(Person, person_id), key="twice").contact.id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(go, range(4)))) == 1
    with services.db.tenant_session(own_tenant) as session:
        for model in (Contact, Interaction, Outbox):
            assert session.scalar(select(func.count()).select_from(model)) == 1


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("subject", "Hello\r\nBcc: everybody@example.org"),
        ("subject", "Hello\u2028there"),
        ("subject", " "),
        ("subject", "x" * 201),
        ("text", "\n\n"),
        ("text", "a\x00b"),
        ("text", "x" * 20_001),
        ("text", "see http://acme.example"),
        ("text", "see HTTP:\\\\acme.example"),
        ("text", "javascript://acme.example/%0aalert(1)"),
        ("text", "see https://bank.example@evil.example/"),
        ("text", "see https://192.0.2.1/"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_field_and_leaves_nothing(
    session: Session, field: str, typed: str
) -> None:
    person = somebody(session)
    with pytest.raises(MessageInvalid) as refused:
        write(session, person, **{field: typed})
    assert list(refused.value.problems) == [field]
    assert session.scalar(select(func.count()).select_from(Contact)) == 0


def test_marks_that_turn_a_subject_around_are_left_out() -> None:
    assert writing_text.check("Your \u202einvoice\u202c", "x")[0] == "Your invoice"


@pytest.mark.processes
def test_a_letter_that_is_stopped_before_it_goes_out_keeps_its_words_and_was_no_contact(
    mailing: Services, own_tenant: TenantRef, sink: Sink
) -> None:
    with mailing.db.tenant_session(own_tenant) as session:
        rules(session)
        people = [somebody(session) for _ in range(2)]
        due = {"what": "Answer", "due_at": now(), "owner_id": add_member(session, "editor").id}
        asked = [tasks.add(session, person_id=each.id, by=WRITER, **due).id for each in people]  # type: ignore[arg-type]
        gone, taken_back = (write(session, person) for person in people)
        ids = [each.contact.id for each in (gone, taken_back)]
        reached = tasks.get(session, asked[0])
        session.refresh(reached)
        assert reached.first_contact_at is not None
        consent.withdraw(session, people[0].id, "message", LINK)
        assert taken_back.interaction is not None
        interactions.delete(session, taken_back.interaction, by=WRITER)
    sender.send_batch(mailing, own_tenant, worker.PURPOSES)
    with mailing.db.tenant_session(own_tenant) as session:
        found = deliveries(session, ids)
        assert [(found[each].state, found[each].contact.reason) for each in ids] == [
            ("cancelled", "withdrawn"),
            ("cancelled", "nothing_to_say"),
        ]
        assert [tasks.get(session, each).first_contact_at for each in asked] == [None, None]
        words = writing.get(session, ids[0]).interaction
        assert words is not None
        assert words.body == WORDS["text"]
    assert sink.raw == []


@pytest.mark.processes
def test_a_letter_with_a_survey_and_an_invitation_bring_links_that_are_theirs_alone(
    mailing: Services, own_tenant: TenantRef, sink: Sink
) -> None:
    with mailing.db.tenant_session(own_tenant) as session:
        rules(session, most=5)
        person, other = somebody(session), somebody(session)
        ids, addresses = [person.id, other.id], [person.identity.email, other.identity.email]
        opened, closed, nameless = survey(session), survey(session), survey(session, "anonymous")
        surveys_ids = opened.id, nameless.id
        said = {**WORDS, "by": WRITER}
        letters.write(session, person, opened.id, key="a", **said)  # type: ignore[arg-type]
        stopped = letters.write(session, person, closed.id, key="b", **said).contact.id  # type: ignore[arg-type]
        publishing.withdraw(session, closed)
        contact.request_many(session, ids, "survey", ref=nameless.id, key="spring")
        with pytest.raises(MessageInvalid):
            letters.write(session, person, closed.id, key="c", **said)  # type: ignore[arg-type]
    sender.send_batch(mailing, own_tenant, worker.PURPOSES)
    mails = {str(mail["Subject"]): part(mail, "plain") for mail in sink.to(addresses[0])}
    assert len(mails) == 2
    assert len(sink.to(addresses[1])) == 1
    invitation = next(text for subject, text in mails.items() if subject != WORDS["subject"])
    assert "answers without your name" in invitation
    with mailing.db.tenant_session(own_tenant) as session:
        assert deliveries(session, [stopped])[stopped].contact.reason == "nothing_to_say"
        for text, survey_id in zip((mails[WORDS["subject"]], invitation), surveys_ids, strict=True):
            token = text.partition("?p=")[2].split()[0]
            link = session.scalars(select(PersonalLink).where(PersonalLink.token_hash == token_hash(token))).one()
            assert (link.person_id, link.ref_id, link.once, link.purpose) == (ids[0], survey_id, True, known.ANSWER)
            assert link.expires_at > now()
