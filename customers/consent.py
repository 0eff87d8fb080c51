"""Giving, confirming and withdrawing consent. Each act is a row for ever, with the words and how we know of it.

    consent.give(session, person_id, "news", source="form", locale="de", business="Acme", network="203.0.113.9")
    consent.withdraw(session, person_id, "news", source="mail", evidence=contact.id)

Where the tenant wants it, giving only asks: a mail with a link goes out, and pressing the button there gives. Of a
child the mail goes to the guardian. Withdrawing needs nothing of this and counts at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers import (
    consent_address,
    consent_people,
    consent_queries,
    consent_state,
    consent_texts,
    contact,
    contact_rules,
    purposes,
    topics,
)
from customers.consent_age import Age, check_age
from customers.consent_errors import (
    IN_FUTURE,
    NO_TEXT,
    SAY_HOW,
    TOO_LONG,
    UNKNOWN_SOURCE,
    AskedTooOften,
    ConsentInvalid,
    NothingToConfirm,
)
from customers.consent_events import ConsentChanged
from customers.consent_people import Known
from customers.consent_state import State
from customers.errors import PersonNotFound
from customers.models import Consent, ContactRules
from infra import clock
from infra.crypto.columns import or_none
from infra.events import record
from infra.i18n import N_
from tenants import audit
from tenants.permissions import SYSTEM, Actor

SOURCES: dict[str, str] = {
    "form": N_("A form"),
    "import": N_("An imported list"),
    "staff": N_("Told to staff"),
    "api": N_("A program"),
    "portal": N_("The customer pages"),
    "mail": N_("One-click unsubscribe in the mail program"),
    "link": N_("A link in a mail"),
}
OWN_MAILBOX = frozenset({"link", "mail", "portal"})
"""Who comes by these has read mail at the address, so there is nothing left to confirm."""
CONFIRM_WITHIN = timedelta(days=14)
MOST_ASKED, ASKED_IN = 3, timedelta(days=1)
LONGEST_HOW = 500
CONFIRMATION = "customers.consent_confirmation"
"""The letter that asks for the confirmation."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How we know. `how` is what staff say, or the record of another system; `text_version` names its wording."""

    source: str
    by: Actor = SYSTEM
    locale: str = "en"
    business: str = ""
    how: str = ""
    text_version: str = ""
    text: str = ""
    network: str | None = None
    evidence: UUID | None = None
    at: datetime | None = None
    age: Age = field(default_factory=Age)


def give(
    session: Session, person_id: UUID, purpose: str, proof: Proof, *, channel: str = "email", topic: str = ""
) -> Consent:
    """Notes that somebody agrees; `pending` where it is to be confirmed first. What is given stays as it is.

    Raises PersonNotFound, ConsentInvalid, PurposeUnknown, TopicNotFound, AskedTooOften.
    """
    _check(session, purpose, channel, topic, proof, giving=True)
    who = _locked(session, person_id)
    rules = contact_rules.get(session)
    staff = proof.by if proof.source == "staff" and proof.by.kind == "staff" else None
    guardian = check_age(session, who, rules.ages.get(purpose), proof.age, staff=staff)
    now = clock.now()
    state = _state(session, who, purpose, channel, topic)
    if state.code == "given" and state.act is not None and not guardian:
        return session.get_one(Consent, state.act)
    row = _row(session, who, purpose, channel, topic, "given", proof, giving=True)
    if guardian or _wants_confirmation(rules, purpose, proof):
        _check_patience(session, who, now)
        consent_address.check_reachable(session, who, guardian)
        row.state, row.expires_at, row.guardian_email = "pending", now + CONFIRM_WITHIN, guardian or None
    return _kept(session, row, proof.by)


def withdraw(
    session: Session, person_id: UUID, purpose: str, proof: Proof, *, channel: str = "email", topic: str = ""
) -> Consent:
    """Notes that somebody does not want this (any more); it counts at once. Doing it again keeps the first.

    Raises PersonNotFound, ConsentInvalid, PurposeUnknown, TopicNotFound.
    """
    _check(session, purpose, channel, topic, proof, giving=False)
    who = _locked(session, person_id)
    state = _state(session, who, purpose, channel, topic)
    if state.code == "withdrawn" and state.act is not None:
        return session.get_one(Consent, state.act)
    return _kept(session, _row(session, who, purpose, channel, topic, "withdrawn", proof, giving=False), proof.by)


def confirm(session: Session, pending_id: UUID, *, network: str | None = None) -> Consent:
    """The button behind the mailed link was pressed. Doing it again keeps the first. Raises NothingToConfirm."""
    asked = session.get(Consent, pending_id)
    if asked is None or asked.state != "pending":
        raise NothingToConfirm()
    who = _locked(session, asked.person_id)
    done = session.scalars(select(Consent).where(Consent.evidence == asked.id, Consent.state == "given")).first()
    state = _state(session, who, asked.purpose, asked.channel, asked.topic)
    if done is not None and state.code == "given":
        return done
    if state.act != asked.id or asked.expires_at is None or asked.expires_at <= clock.now():
        raise NothingToConfirm()
    row = Consent(
        person_id=who.id,
        purpose=asked.purpose,
        channel=asked.channel,
        topic=asked.topic,
        state="given",
        source="link",
        text_id=asked.text_id,
        text_version=asked.text_version,
        text_digest=asked.text_digest,
        locale=asked.locale,
        network=network,
        evidence=asked.id,
        guardian_email=asked.guardian_email,
        guardian_confirmed=asked.guardian_email is not None,
        email_index=consent_address.asked_at(session, asked),
        at=_moment(session, who, None),
    )
    return _kept(session, row, SYSTEM)


def state_of(session: Session, person_id: UUID, purpose: str, *, channel: str = "email", topic: str = "") -> State:
    """What counts now. Raises PersonNotFound."""
    return _state(session, _found(session, person_id), purpose, channel, topic)


def overview(session: Session, person_id: UUID) -> dict[tuple[str, str, str], State]:
    """Everything: (purpose, channel, topic) to what counts. Raises PersonNotFound."""
    return consent_state.overview(session, _found(session, person_id))


def history(session: Session, person_id: UUID, *, limit: int = 200) -> Sequence[Consent]:
    """The latest acts, as `consent_queries.list_acts` lists all of them. Raises PersonNotFound."""
    return consent_queries.list_acts(session, person_id, limit=limit).items


def _check(session: Session, purpose: str, channel: str, topic: str, proof: Proof, *, giving: bool) -> None:
    purposes.get_chosen(purpose)
    purposes.check_channel(channel)
    if topic and topics.get_by_code(session, topic).purpose != purpose:
        raise topics.TopicNotFound()
    problems: dict[str, list[str]] = {}
    if proof.source not in SOURCES:
        problems["source"] = [UNKNOWN_SOURCE]
    if proof.source == "staff" and not proof.how.strip():
        problems["how"] = [SAY_HOW]
    if len(proof.how) > LONGEST_HOW or len(proof.text_version) > LONGEST_HOW:
        problems["how"] = [TOO_LONG]
    if giving and proof.source in {"import", "api"} and not (proof.text_version or proof.text):
        problems["text_version"] = [NO_TEXT]
    if proof.at is not None and proof.at > clock.now() + timedelta(minutes=5):
        problems["at"] = [IN_FUTURE]
    if problems:
        raise ConsentInvalid(problems=problems)


def _found(session: Session, person_id: UUID) -> Known:
    who = consent_people.find(session, person_id)
    if who is None or who.erased:
        raise PersonNotFound()
    return who


def _locked(session: Session, person_id: UUID) -> Known:
    who = consent_people.find(session, person_id, lock=True)
    if who is None or who.erased:
        raise PersonNotFound()
    return who


def _state(session: Session, who: Known, purpose: str, channel: str, topic: str) -> State:
    session.flush()
    found = consent_state.states(session, [who], purpose, channel=channel, topic=topic)
    return found[who.id]


def _wants_confirmation(rules: ContactRules, purpose: str, proof: Proof) -> bool:
    """What other systems have proof of is not asked again; their proof stands in the row."""
    return purpose in rules.confirmed and proof.source not in OWN_MAILBOX | {"import"}


def _check_patience(session: Session, who: Known, now: datetime) -> None:
    asked = select(func.count()).where(
        Consent.person_id.in_(who.ids), Consent.state == "pending", Consent.created_at > now - ASKED_IN
    )
    if (session.scalar(asked) or 0) >= MOST_ASKED:
        raise AskedTooOften(retry_after=int(ASKED_IN.total_seconds()))


def _row(
    session: Session, who: Known, purpose: str, channel: str, topic: str, state: str, proof: Proof, *, giving: bool
) -> Consent:
    row = Consent(
        person_id=who.id,
        purpose=purpose,
        channel=channel,
        topic=topic,
        state=state,
        source=proof.source,
        locale=proof.locale,
        how=" ".join(proof.how.split()) or None,
        network=proof.network,
        evidence=proof.evidence,
        by_id=proof.by.id,
        at=_moment(session, who, proof.at),
        email_index=who.address if giving and proof.source in OWN_MAILBOX else None,
    )
    if giving:
        _note_words(session, row, proof)
    return row


def _note_words(session: Session, row: Consent, proof: Proof) -> None:
    """Our own wording, or the wording of another system by its name and, where it is given, its words."""
    if proof.text_version or proof.text:
        row.text_version = proof.text_version or None
        row.text_digest = consent_texts.digest_of(proof.text) if proof.text else None
        return
    text = consent_texts.current(session, row.purpose, proof.locale, proof.business)
    row.text_id, row.text_version, row.text_digest = text.id, str(text.number), consent_texts.digest_of(text.words)


def _moment(session: Session, who: Known, given: datetime | None) -> datetime:
    """Now, and later than everything before, so that of two acts in a moment the second one counts."""
    if given is not None:
        return given
    last = session.scalar(select(func.max(Consent.at)).where(Consent.person_id.in_(who.ids)))
    now = clock.now()
    return now if last is None or last < now else last + timedelta(microseconds=1)


def _kept(session: Session, row: Consent, by: Actor) -> Consent:
    session.add(row)
    session.flush()
    record(
        session,
        ConsentChanged(
            subject=row.person_id,
            consent=row.id,
            purpose=row.purpose,
            channel=row.channel,
            topic=row.topic,
            state=row.state,
        ),
    )
    if by.kind != "system":
        agreed = "consent.given" if row.state == "given" else "consent.pending"
        kind = "consent.withdrawn" if row.state == "withdrawn" else agreed
        audit.record(session, kind, by=by, subject=row.person_id, purpose=row.purpose, channel=row.channel)
    if row.state == "pending":
        to, key = or_none(lambda: row.guardian_email), consent_address.key_of(row)
        contact.request(session, row.person_id, "service", ref=row.id, key=key, letter=CONFIRMATION, to=to)
    return row
