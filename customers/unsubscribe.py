"""What a mail's links say, and what pressing them does.

The links are signed and name the contact that carried them, so that nothing is written when a mail is made. They
are good at the tenant's own hosts only. Opening one changes nothing; `one_click` is what RFC 8058 asks for.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import consent, consent_people
from customers.consent import Proof
from customers.consent_people import Known
from customers.links import LinkUnknown
from customers.models import Consent, Contact, Identity
from customers.purposes import PURPOSES, Purpose
from infra import links
from infra.crypto.columns import or_none
from infra.mail.purposes import OutgoingMail
from infra.settings import Settings

UNSUBSCRIBE, PREFERENCES = "customers.unsubscribe", "customers.preferences"
UNSUBSCRIBE_FOR = timedelta(days=730)
"""Mails lie about for long, and their way out should work as long as anybody may press it."""
PREFERENCES_FOR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose link it is, and the contact that it came by."""

    who: Known
    contact: Contact | None
    from_portal: bool = False
    """Whether the way back leads to the customer pages."""

    @property
    def purpose(self) -> Purpose | None:
        """What the mail was for."""
        return PURPOSES.get(self.contact.purpose) if self.contact else None


def unsubscribe_path(mail: OutgoingMail, contact_id: UUID) -> str:
    """The one-click address of a mail."""
    assert mail.tenant is not None
    payload = {"c": contact_id.hex}
    token = links.sign(mail.settings, UNSUBSCRIBE, mail.tenant.id, payload, expires_in=UNSUBSCRIBE_FOR)
    return f"/u/{token}"


def preferences_path(mail: OutgoingMail, person_id: UUID, contact_id: UUID) -> str:
    """The address of somebody's preferences."""
    assert mail.tenant is not None
    return path_to_preferences(mail.settings, mail.tenant.id, person_id, contact_id)


def path_to_preferences(
    settings: Settings,
    tenant_id: UUID,
    person_id: UUID,
    contact_id: UUID | None = None,
    *,
    from_portal: bool = False,
) -> str:
    """The same where there is no mail: the customer pages lead there, and it leads back to them."""
    payload = {"p": person_id.hex, **({"c": contact_id.hex} if contact_id else {})}
    payload |= {"w": "portal"} if from_portal else {}
    return f"/u/preferences/{links.sign(settings, PREFERENCES, tenant_id, payload, expires_in=PREFERENCES_FOR)}"


def open_unsubscribe(session: Session, settings: Settings, tenant_id: UUID, token: str) -> Opened:
    """Raises BadLink, ExpiredLink, LinkUnknown."""
    payload = links.verify(settings, UNSUBSCRIBE, tenant_id, token)
    contact = session.get(Contact, UUID(hex=payload["c"]))
    if contact is None:
        raise LinkUnknown()
    return Opened(_living(session, contact.person_id), contact)


def open_preferences(session: Session, settings: Settings, tenant_id: UUID, token: str) -> Opened:
    """Raises BadLink, ExpiredLink, LinkUnknown, also for a mail in a mailbox that is not theirs any more."""
    payload = links.verify(settings, PREFERENCES, tenant_id, token)
    contact = session.get(Contact, UUID(hex=payload["c"])) if "c" in payload else None
    who = _living(session, UUID(hex=payload["p"]))
    if contact is not None and not _went_to(session, who, contact):
        raise LinkUnknown()
    return Opened(who, contact, payload.get("w") == "portal")


def one_click(
    session: Session, opened: Opened, *, source: str = "mail", locale: str = "en", network: str | None = None
) -> Consent | None:
    """Withdraws what the mail was sent for: its topic where it has one, else its purpose. Safe to repeat."""
    contact, purpose = opened.contact, opened.purpose
    if contact is None or purpose is None or purpose.transactional:
        return None
    proof = Proof(source, locale=locale, network=network, evidence=contact.id)
    return consent.withdraw(
        session, opened.who.id, purpose.code, proof, channel=contact.channel, topic=contact.topic
    )


def _went_to(session: Session, who: Known, contact: Contact) -> bool:
    """Whether the mail lies with the person, with who was merged into them, or with a guardian of theirs."""
    if contact.email_index is None or contact.email_index == who.address:
        return True
    theirs = select(Identity.id).where(Identity.id.in_(who.ids), Identity.email_index == contact.email_index)
    if session.scalar(theirs) is not None:
        return True
    asked = session.get(Consent, contact.ref_id) if contact.letter == consent.CONFIRMATION else None
    return asked is not None and or_none(lambda: asked.guardian_email) is not None


def _living(session: Session, person_id: UUID) -> Known:
    who = consent_people.find(session, person_id)
    if who is None or who.erased:
        raise LinkUnknown()
    return who
