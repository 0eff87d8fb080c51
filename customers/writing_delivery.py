"""What became of a message that somebody wrote: refused, waiting, sent with its receipt, or come back."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.models import Bounce, Contact
from infra.mail.models import Outbox

State = Literal["waiting", "held", "sent", "perhaps", "returned", "failed", "cancelled", "refused"]
STATES: dict[str, State] = {
    "queued": "waiting",
    "leased": "waiting",
    "sending": "waiting",
    "held": "held",
    "accepted": "sent",
    "unknown": "perhaps",
    "refused": "failed",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a message stands. The receipt is what the server said, with our Message-ID, in `mail`."""

    contact: Contact
    mail: Outbox | None
    bounce: Bounce | None

    @property
    def state(self) -> State:
        """In one word."""
        if self.contact.state != "requested":
            return "refused" if self.contact.settled_at is None else "cancelled"
        if self.bounce is not None:
            return "returned"
        return STATES[self.mail.state] if self.mail is not None else "waiting"


def deliveries(session: Session, contact_ids: Collection[UUID]) -> dict[UUID, Delivery]:
    """By the contacts' ids, with three questions for however many there are."""
    if not contact_ids:
        return {}
    contacts = session.scalars(select(Contact).where(Contact.id.in_(contact_ids))).all()
    keys = [f"contact:{contact.id}" for contact in contacts]
    mails = {mail.ref_id: mail for mail in session.scalars(select(Outbox).where(Outbox.key.in_(keys)))}
    ids = {contact.person_id for contact in contacts}
    bounced = select(Bounce).where(Bounce.person_id.in_(ids), Bounce.kind.in_(("hard", "soft", "complaint")))
    bounces = {bounce.outbox_id: bounce for bounce in session.scalars(bounced.order_by(Bounce.id))}
    return {contact.id: _one(contact, mails.get(contact.id), bounces) for contact in contacts}


def _one(contact: Contact, mail: Outbox | None, bounces: dict[UUID | None, Bounce]) -> Delivery:
    return Delivery(contact, mail, bounces.get(mail.id) if mail is not None else None)
