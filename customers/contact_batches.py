"""Messages that were asked for together: how they stand, and their room in the budget when they are taken back.

Sending is stopped by the batch of mails (`infra.mail.outbox_batches`); here is what follows for the contacts.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import Session

from customers import contact_sending
from customers.models import Bounce, Contact
from customers.writing_delivery import STATES
from infra import clock
from infra.jobs import enqueue
from infra.jobs.declared import job
from infra.mail import outbox_batches
from infra.mail.models import MailBatch, Outbox

TAKEN_BACK = "taken_back"
FLAG = "contacts_taken_back"
PIECE = 1_000
"""Contacts that are ended together."""
PIECES = 5
"""Pieces of one job; what is left is for the next."""
LOOKED_AT = timedelta(days=1)
"""For so long after it was cancelled a batch is looked at for mails that were not in line yet."""
CAME_BACK = ("hard", "soft", "complaint")


@dataclass(slots=True)
class Standing:
    """How many messages of a batch stand in which state, as `writing_delivery.State` has them, and why not."""

    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Of those that were refused or cancelled."""

    @property
    def asked(self) -> int:
        """For how many people the door was asked."""
        return self.states.total()

    @property
    def waiting(self) -> int:
        """How many may still go out, also those that are held."""
        return self.states["waiting"] + self.states["held"]


def standings(session: Session, batches: Collection[UUID]) -> dict[UUID, Standing]:
    """By batch, with two questions for however many there are."""
    found = {batch: Standing() for batch in batches}
    rows = session.execute(
        select(Contact.batch_id, Contact.state, Contact.reason, Outbox.state, func.count())
        .outerjoin(Outbox, _mail_of_contact())
        .where(Contact.batch_id.in_(batches))
        .group_by(Contact.batch_id, Contact.state, Contact.reason, Outbox.state)
    )
    for batch, state, reason, mail, count in rows:
        standing = found[batch]  # type: ignore[index]
        standing.states[STATES[mail or "queued"] if state == "requested" else state] += count
        if reason is not None:
            standing.reasons[reason] += count
    returned = session.execute(
        select(Outbox.batch_id, Outbox.state, func.count(Outbox.id.distinct()))
        .join(Bounce, Bounce.outbox_id == Outbox.id)
        .where(Outbox.batch_id.in_(batches), Bounce.kind.in_(CAME_BACK))
        .group_by(Outbox.batch_id, Outbox.state)
    )
    for batch, mail, count in returned:
        states = found[batch].states  # type: ignore[index]
        states[STATES[mail]] -= count
        states["returned"] += count
    return found


def cancel(session: Session, batch: UUID) -> None:
    """Takes back what has not been sent. There is no way back."""
    outbox_batches.cancel(session, batch)
    enqueue(session, release, once=FLAG)


def has_unreleased(session: Session) -> bool:
    """Whether a contact waits for a mail that was taken back, for the sweeper."""
    return (
        session.scalar(select(Contact.id).join(Outbox, _mail_of_contact()).where(*_taken_back()).limit(1))
        is not None
    )


@job(queue="bulk")
def release(session: Session) -> None:
    """Ends contacts whose mails were taken back with their batch: their room in the budget is free again."""
    query = select(Contact).join(Outbox, _mail_of_contact()).where(*_taken_back())
    for _ in range(PIECES):
        some = session.scalars(query.limit(PIECE).with_for_update(of=Contact, skip_locked=True)).all()
        ending = {contact.id: contact for contact in some}
        contact_sending.cancel(session, dict.fromkeys(ending, TAKEN_BACK), ending)
        if len(some) < PIECE:
            return
    enqueue(session, release, once=FLAG)


def _mail_of_contact() -> ColumnElement[bool]:
    return Outbox.key == func.concat("contact:", cast(Contact.id, String))


def _taken_back() -> tuple[ColumnElement[bool], ...]:
    cancelled = select(MailBatch.id).where(
        MailBatch.state == "cancelled", MailBatch.changed_at > clock.now() - LOOKED_AT
    )
    return Contact.batch_id.in_(cancelled), Contact.state == "requested", Outbox.state == "cancelled"
