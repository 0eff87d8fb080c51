"""Messages that were asked for together: how they stand, and their room in the budget when they are taken back.

Sending is stopped by the batch of mails (`infra.mail.outbox_batches`); here is what follows for the contacts.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, cast, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import contact_sending
from customers.models import Bounce, Contact
from customers.writing_delivery import STATES
from infra import clock
from infra.jobs import enqueue
from infra.jobs.declared import job
from infra.mail import outbox_batches
from infra.mail.models import MailBatch, Outbox
from tenants.models import Mark

TAKEN_BACK = "taken_back"
FLAG = "contacts_taken_back"
PIECE = 1_000
"""Contacts that are ended together."""
PIECES = 5
"""Pieces of one job; what is left is for the next."""
UNRELEASED = "contacts.unreleased"
"""The mark of a cancelled batch while contacts of it may have to be ended."""
LOOKED_AT = timedelta(days=1)
"""For so long a batch may turn out to have been cancelled by a program that knows no mark."""
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
    """Takes back what has not been sent. There is no way back. Nothing may be asked for under its id any more."""
    outbox_batches.cancel(session, batch)
    _mark(session, select(literal(UNRELEASED), literal(batch), literal(clock.now())))
    enqueue(session, release, once=FLAG)


def has_unreleased(session: Session) -> bool:
    """Whether a contact may still wait for a mail that was taken back, for the sweeper."""
    if session.scalar(select(Mark.subject_id).where(Mark.name == UNRELEASED).limit(1)) is not None:
        return True
    return session.scalar(select(MailBatch.id).where(*_unmarked()).limit(1)) is not None


@job(queue="bulk")
def release(session: Session) -> None:
    """Ends contacts whose mails were taken back with their batch: their room in the budget is free again.

    A cancelled batch is looked at until no mail of it can be taken back any more, however long that is.
    """
    left = PIECES
    _mark(session, select(literal(UNRELEASED), MailBatch.id, MailBatch.changed_at).where(*_unmarked()))
    marks = select(Mark).where(Mark.name == UNRELEASED).order_by(Mark.at).with_for_update(skip_locked=True)
    for mark in session.scalars(marks).all():
        while left > 0 and _release_some(session, mark.subject_id) == PIECE:
            left -= 1
        if left <= 0:
            enqueue(session, release, once=FLAG)
            return
        _finish(session, mark)


def _mark(session: Session, rows: Select[str, UUID, datetime]) -> None:
    session.execute(insert(Mark).from_select(["name", "subject_id", "at"], rows).on_conflict_do_nothing())


def _unmarked() -> tuple[ColumnElement[bool], ...]:
    """Batches that were cancelled without a mark, and messages of them that their mails' end has not ended yet."""
    theirs = (Contact.batch_id == MailBatch.id, Contact.state == "requested", Outbox.state == "cancelled")
    marked = (Mark.name == UNRELEASED, Mark.subject_id == MailBatch.id)
    return (
        MailBatch.state == "cancelled",
        MailBatch.changed_at > clock.now() - LOOKED_AT,
        ~exists().where(*marked),
        exists().where(*theirs, _mail_of_contact()),
    )


def _release_some(session: Session, batch: UUID) -> int:
    """One piece; how many contacts it ended. Those that somebody is just changing are left for the next time."""
    query = _contacts(batch, ("cancelled",)).limit(PIECE).with_for_update(of=Contact, skip_locked=True)
    ending = {contact.id: contact for contact in session.scalars(query)}
    contact_sending.cancel(session, dict.fromkeys(ending, TAKEN_BACK), ending)
    return len(ending)


def _finish(session: Session, mark: Mark) -> None:
    """Forgets the batch when nothing of it is open. What a server refused for a while came back into the line."""
    if session.scalar(_contacts(mark.subject_id, ("queued", "leased", "held")).limit(1)) is not None:
        outbox_batches.unsettle(session, mark.subject_id)
    elif session.scalar(_contacts(mark.subject_id, ("sending", "cancelled")).limit(1)) is None:
        session.delete(mark)


def _contacts(batch: UUID, mails: Collection[str]) -> Select[Contact]:
    """Contacts of a batch that stand while their mails are in one of these states."""
    joined = select(Contact).join(Outbox, _mail_of_contact())
    return joined.where(Contact.batch_id == batch, Contact.state == "requested", Outbox.state.in_(mails))


def _mail_of_contact() -> ColumnElement[bool]:
    return Outbox.key == func.concat("contact:", cast(Contact.id, String))
