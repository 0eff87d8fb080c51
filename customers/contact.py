"""The only door to a customer's mailbox.

    contact.request(session, person_id, "survey", ref=survey.id, key=f"invite:{campaign}:{person_id}")

asks, under the person's lock and in this order: is there such a person, not erased; an address; is it suppressed;
do they agree, by the purpose's legal kind; have they paused; is there room in the budget at the moment to which
quiet hours move it. The answer is a row in `contacts`: `requested` with a mail in the outbox, or `refused` with its
reason. What may be days later is asked again when the mail is made (`customers.contact_mail`): `docs/contact.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import contact_facts, contact_rules, purposes, suppressions, topics
from customers.consent_errors import ContactKeyTaken
from customers.consent_events import ContactRefused, ContactRequested
from customers.contact_facts import Facts
from customers.models import Contact, ContactRules, Person
from infra import clock
from infra.crypto import current_keys
from infra.crypto.columns import blind_of
from infra.errors import Invalid
from infra.events import DomainEvent, record_all
from infra.i18n import N_
from infra.ids import new_id
from infra.mail import bulk
from tenants import branding

MAIL = "customers.contact"
"""The outbox's purpose of every mail that goes through this door."""
AT_ONCE = 1_000
SOON = timedelta(days=1)
"""What goes out later than this is not noted as a contact yet."""


class ChannelNotServed(Invalid):
    """Consent is kept for this channel, and nothing is sent by it."""

    code = "channel_not_served"
    message = N_("Messages go out by e-mail.")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What all of a call have in common."""

    purpose: purposes.Purpose
    rules: ContactRules
    ref: UUID
    topic: str
    archived: bool
    channel: str
    moment: datetime
    reminder: bool
    letter: str
    zone: str
    locale: str
    languages: Sequence[str]
    batch_id: UUID | None
    to: str | None


def request(
    session: Session,
    person_id: UUID,
    purpose: str,
    *,
    ref: UUID,
    key: str,
    topic: str = "",
    channel: str = "email",
    not_before: datetime | None = None,
    reminder: bool = False,
    letter: str = "",
    to: str | None = None,
) -> Contact:
    """Asks for one message; the same key gives the same contact, whatever became of it.

    `ref` is what it is about, `letter` who writes it (the purpose, unless said otherwise). `to` is a mailbox of
    somebody else who acts for the person (a child's guardian); the letter has to name it again.
    Raises PurposeUnknown, TopicNotFound, ChannelNotServed, ContactKeyTaken.
    """
    asked = _asked(session, purpose, ref, topic, channel, not_before, reminder, letter, None, to)
    return _decide(session, asked, {person_id: [key]})[0]


def request_many(
    session: Session,
    people: Iterable[UUID],
    purpose: str,
    *,
    ref: UUID,
    key: str,
    topic: str = "",
    channel: str = "email",
    not_before: datetime | None = None,
    reminder: bool = False,
    letter: str = "",
    batch_id: UUID | None = None,
) -> list[Contact]:
    """As `request` for each person, a thousand at a time with the same few statements.

    Each one's key is `<key>:<hex of their id>`; who is named twice, or under the id of somebody merged into them,
    is asked for once. `batch_id` lets the mails be paused and cancelled together (`infra.mail.outbox`).
    """
    asked = _asked(session, purpose, ref, topic, channel, not_before, reminder, letter, batch_id, None)
    ids = sorted(set(people))
    found: dict[UUID, Contact] = {}
    for start in range(0, len(ids), AT_ONCE):
        keys = {person: [f"{key}:{person.hex}"] for person in ids[start : start + AT_ONCE]}
        found.update({contact.id: contact for contact in _decide(session, asked, keys, prefix=key)})
    return list(found.values())


def _asked(
    session: Session,
    purpose: str,
    ref: UUID,
    topic: str,
    channel: str,
    not_before: datetime | None,
    reminder: bool,
    letter: str,
    batch_id: UUID | None,
    to: str | None,
) -> _Asked:
    if purposes.check_channel(channel) != "email":
        raise ChannelNotServed(problems={"channel": [ChannelNotServed.message]})
    settings = branding.get_settings(session)
    return _Asked(
        purpose=purposes.get(purpose),
        rules=contact_rules.get(session),
        ref=ref,
        topic=topic,
        archived=bool(topic) and topics.get_by_code(session, topic).archived_at is not None,
        channel=channel,
        moment=max(clock.now(), not_before or clock.now()),
        reminder=reminder,
        letter=letter or purpose,
        zone=settings.zone,
        locale=settings.default_locale,
        languages=settings.languages,
        batch_id=batch_id,
        to=to,
    )


def _decide(
    session: Session, asked: _Asked, keys: Mapping[UUID, list[str]], prefix: str | None = None
) -> list[Contact]:
    """The contacts of some people, in the order of their ids; the people stay held until the commit."""
    session.flush()
    budget = None if asked.purpose.transactional else asked.rules
    facts = contact_facts.load(
        session, keys, asked.purpose, topic=asked.topic, channel=asked.channel, lock=True, budget=budget
    )
    if asked.to is not None:
        _redirect(session, asked.to, facts)
    wanted = {person: list(own) for person, own in keys.items()}
    if prefix is not None:
        for person, known in facts.items():
            wanted[person] += [f"{prefix}:{each.hex}" for each in known.who.ids]
    before = _existing(session, [key for own in wanted.values() for key in own])
    found: dict[UUID, Contact] = {}
    rows: dict[UUID, dict[str, Any]] = {}
    for person, own in wanted.items():
        mine = facts.get(person)
        whose = mine.who.id if mine else person
        earlier = next((before[key] for key in own if key in before), None)
        if earlier is not None:
            if earlier.person_id not in (mine.who.ids if mine else (person,)):
                raise ContactKeyTaken()
            found[whose] = earlier
        elif whose not in rows:
            rows[whose] = _row(asked, whose, mine, keys[person][0])
    for contact in _written(session, asked, [rows[whose] for whose in sorted(rows)], facts):
        found[contact.person_id] = contact
    return [found[whose] for whose in sorted(found)]


def _redirect(session: Session, to: str, facts: Mapping[UUID, Facts]) -> None:
    cipher = current_keys().for_tenant(session.info["tenant"])
    index = blind_of(cipher, "email", to)
    assert isinstance(index, bytes)
    kinds = frozenset(suppressions.standing(session, [index]).get(index, ()))
    for each in facts.values():
        each.address, each.suppressed = index, kinds


def _existing(session: Session, keys: Sequence[str]) -> dict[str, Contact]:
    rows = session.scalars(select(Contact).where(Contact.key.in_(keys)))
    return {contact.key: contact for contact in rows}


def _row(asked: _Asked, person: UUID, facts: Facts | None, key: str) -> dict[str, Any]:
    due = asked.moment
    reason = contact_facts.against(facts, asked.purpose, asked.rules, due)
    if reason is None and asked.archived:
        reason = "topic_archived"
    if reason is None and facts is not None:
        if not asked.purpose.transactional:
            due = contact_rules.quiet_hours(asked.rules).next_allowed(due, facts.who.zone or asked.zone)
        reason = contact_facts.too_often(facts, asked.purpose, asked.rules, due)
    return {
        "id": new_id(),
        "person_id": person,
        "purpose": asked.purpose.code,
        "letter": asked.letter,
        "channel": asked.channel,
        "topic": asked.topic,
        "ref_id": asked.ref,
        "key": key,
        "batch_id": asked.batch_id,
        "reminder": asked.reminder,
        "state": "refused" if reason else "requested",
        "reason": reason,
        "email_index": facts.address if facts else None,
        "due_at": due,
        "created_at": clock.now(),
    }


def _written(
    session: Session, asked: _Asked, rows: Sequence[dict[str, Any]], facts: Mapping[UUID, Facts]
) -> Sequence[Contact]:
    if not rows:
        return []
    adding = insert(Contact).values(list(rows)).on_conflict_do_nothing(index_elements=[Contact.key])
    made = session.scalars(adding.returning(Contact)).all()
    if len(made) < len(rows):
        raise ContactKeyTaken()
    who = {each.who.id: each.who for each in facts.values()}
    mails = [
        bulk.Asked(each.id, f"contact:{each.id}", _locale(asked, who[each.person_id].language), each.due_at)
        for each in made
        if each.state == "requested"
    ]
    bulk.send_many(session, MAIL, mails, batch_id=asked.batch_id)
    _note(session, asked, made)
    return made


def _locale(asked: _Asked, language: str | None) -> str:
    return language if language and language in asked.languages else asked.locale


def _note(session: Session, asked: _Asked, made: Sequence[Contact]) -> None:
    """Last contact of those who are written to soon, and a fact for each who is not."""
    now = clock.now()
    written = [each.person_id for each in made if each.state == "requested" and each.due_at <= now + SOON]
    if written and not asked.purpose.transactional:
        later = func.greatest(Person.last_contact_at, now)
        session.execute(
            update(Person)
            .where(Person.id.in_(written))
            .values(last_contact_at=later)
            .execution_options(synchronize_session=False)
        )
    facts: list[DomainEvent] = [
        ContactRefused(subject=each.id, person=each.person_id, purpose=each.purpose, reason=each.reason or "")
        for each in made
        if each.state == "refused"
    ]
    if asked.batch_id is None and not asked.purpose.transactional:
        facts += [
            ContactRequested(subject=each.id, person=each.person_id, purpose=each.purpose)
            for each in made
            if each.state == "requested"
        ]
    record_all(session, facts)
