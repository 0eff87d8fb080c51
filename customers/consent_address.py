"""Whose mailbox proves a consent: who is asked to confirm it, and for which address it counts."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import consent_people, suppressions
from customers.consent_errors import NOBODY_TO_ASK, UNREACHED_GUARDIAN, ConsentInvalid
from customers.consent_events import ConsentChanged
from customers.consent_people import Known
from customers.models import Consent, Contact, Identity
from infra import clock
from infra.crypto import current_keys
from infra.crypto.columns import blind_of
from infra.events import record_all

COPIED = ("purpose", "channel", "topic", "text_id", "text_version", "text_digest", "locale")


def check_reachable(session: Session, who: Known, guardian: str) -> None:
    """A question that reaches nobody would wait for ever, and nobody would know. Raises ConsentInvalid."""
    identity = session.get(Identity, who.id)
    email = guardian or (identity.email if identity is not None else None)
    if not email or suppressions.stopped_by(session, email, transactional=True):
        field, problem = ("guardian_email", UNREACHED_GUARDIAN) if guardian else ("purpose", NOBODY_TO_ASK)
        raise ConsentInvalid(problems={field: [problem]})


def key_of(asked: Consent) -> str:
    """The key of the message that asks for a confirmation."""
    return f"consent:{asked.id}"


def asked_at(session: Session, asked: Consent) -> bytes | None:
    """The blind index of the person's address that was asked; None where a guardian answers for them."""
    if asked.guardian_email is not None:
        return None
    return session.scalar(select(Contact.email_index).where(Contact.key == key_of(asked)))


def carry(session: Session, person_id: UUID, former: str) -> None:
    """Consents that were proved at the former address count for the present one, whose mailbox the same person
    has just proved on the customer pages. Each is an act of its own, with the one before it as its evidence."""
    who = consent_people.find(session, person_id, lock=True)
    if who is None or who.address is None:
        return
    index = blind_of(current_keys().for_tenant(session.info["tenant"]), "email", former)
    mine, given = Consent.person_id.in_(who.ids), Consent.state == "given"
    there = select(Consent).where(mine, given, Consent.email_index == index).order_by(Consent.at)
    latest = {(row.purpose, row.channel, row.topic): row for row in session.scalars(there)}
    made = []
    for row in latest.values():
        later = select(Consent.id).where(
            mine,
            Consent.purpose == row.purpose,
            Consent.channel == row.channel,
            Consent.topic == row.topic,
            Consent.state == "withdrawn",
            Consent.at >= row.at,
        )
        if session.scalar(later.limit(1)) is None:
            copy = {name: getattr(row, name) for name in COPIED}
            act = Consent(person_id=who.id, state="given", source="portal", evidence=row.id, **copy)
            act.email_index, act.at = who.address, clock.now()
            made.append(act)
    session.add_all(made)
    session.flush()
    record_all(session, [_event(act) for act in made])


def _event(act: Consent) -> ConsentChanged:
    about = {name: getattr(act, name) for name in ("purpose", "channel", "topic", "state")}
    return ConsentChanged(subject=act.person_id, consent=act.id, **about)
