"""Mail that customers write to us: whose it is, which conversation it belongs to, and what becomes of it.

A mail of somebody known is an interaction of theirs. Whoever is not known waits for a person to say who it is; a
mail that answers one of ours names the likely one, but what stands in a From line is no proof, so it only suggests.
Nothing that comes in here is ever answered by a machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers import bounces, interactions, people
from customers.bounces import Told
from customers.contact import MAIL
from customers.inbound_errors import MailGone, MailNotOpen
from customers.models import Contact, Identity, InboundMail, Person
from infra import clock
from infra.crypto import current_keys
from infra.crypto.columns import blind_equal
from infra.events import RecordedEvent
from infra.i18n import N_
from infra.mail.dsn import OURS, Report, Returned
from infra.mail.inbound.parsing import Inbound
from infra.mail.models import Outbox
from infra.pages import Page, bounded, decode, page
from tenants import audit
from tenants.permissions import SYSTEM, Actor

MOST_IN_AN_HOUR = 20
"""Mails from one sender; beyond, two machines seem to be talking."""
OPEN = ("waiting", "unassigned")


@dataclass(frozen=True, slots=True)
class Read:
    """A mail as it was read, with its files as they were stored."""

    mail: Inbound
    returned: Returned | None
    files: Sequence[dict[str, Any]]


def take_in(session: Session, row: InboundMail, read: Read) -> None:
    """Decides what a mail is and what becomes of it. Taking in what was taken in does nothing."""
    if row.state != "received":
        return
    mail = read.mail
    row.subject, row.body, row.automatic = mail.subject, mail.text, mail.auto_submitted
    row.reason = mail.problem or None
    row.attachments = list(read.files)
    row.sender, row.sender_name = mail.sender or None, mail.sender_name or None
    if read.returned is not None:
        _note_bounces(session, row, read.returned)
        return
    session.flush()
    circling = _circling(session, row, mail)
    if circling:
        row.state, row.automatic, row.reason = "ignored", "loop", circling
        return
    row.thread_id, likely = _conversation(session, mail)
    known = people.find_by_email(session, mail.sender) if mail.sender else []
    person = next((each for each in known if each.id == likely or len(known) == 1), None)
    if person is None:
        row.state, row.person_id = "unassigned", likely
    else:
        _log(session, row, person)


def list_open(session: Session, after: str | None = None, limit: int = 50) -> Page[InboundMail]:
    """Mails that wait for somebody to say whose they are, newest first."""
    size, cursor = bounded(limit), decode(after)
    query = select(InboundMail).where(InboundMail.state == "unassigned")
    if cursor is not None:
        query = query.where(InboundMail.id < cursor)
    rows = session.scalars(query.order_by(InboundMail.id.desc()).limit(size + 1)).all()
    return page(rows, size, [row.id for row in rows])


def count_open(session: Session) -> int:
    """How many wait for somebody."""
    return session.scalar(select(func.count()).where(InboundMail.state == "unassigned")) or 0


def get(session: Session, mail_id: UUID) -> InboundMail:
    """A mail that came in. Raises MailGone."""
    found = session.get(InboundMail, mail_id)
    if found is None or found.state in ("received", "bounce"):
        raise MailGone()
    return found


def get_file(session: Session, mail_id: UUID, number: int) -> dict[str, Any]:
    """One of a mail's files. Raises MailGone."""
    files = get(session, mail_id).attachments
    if not 0 <= number < len(files):
        raise MailGone()
    return files[number]


def assign(session: Session, mail: InboundMail, person: Person, *, by: Actor) -> int:
    """The mail, and what else waits from its sender, is this person's; answers how many. Raises MailNotOpen."""
    session.refresh(mail, with_for_update=True)
    if mail.state == "logged" and mail.person_id in people.ids_of(session, person.id):
        return 0
    if mail.state not in ("unassigned", "set_aside"):
        raise MailNotOpen()
    same = InboundMail.sender_index == mail.sender_index
    others = select(InboundMail).where(InboundMail.state == "unassigned", same, InboundMail.id != mail.id)
    rows = [mail, *session.scalars(others.order_by(InboundMail.id).with_for_update())]
    for row in rows:
        _log(session, row, person)
        row.decided_by, row.decided_at = by.id, clock.now()
        audit.record(session, "inbound_mail.assigned", by=by, subject=row.id, person=str(person.id))
    session.flush()
    return len(rows)


def add_sender(session: Session, mail: InboundMail, *, by: Actor) -> Person:
    """Makes the sender a customer, and the mail theirs. Raises MailNotOpen, PersonInvalid."""
    session.refresh(mail, with_for_update=True)
    if mail.state not in ("unassigned", "set_aside") or not mail.sender:
        raise MailNotOpen()
    person = people.add(session, by=by, name=mail.sender_name, email=mail.sender, source="mail")
    assign(session, mail, person, by=by)
    return person


def set_aside(session: Session, mail: InboundMail, *, by: Actor) -> None:
    """Nobody's, and not shown any more; it can still be assigned. Setting aside twice does nothing."""
    session.refresh(mail, with_for_update=True)
    if mail.state == "set_aside":
        return
    if mail.state != "unassigned":
        raise MailNotOpen()
    mail.state, mail.decided_by, mail.decided_at = "set_aside", by.id, clock.now()
    audit.record(session, "inbound_mail.set_aside", by=by, subject=mail.id)
    session.flush()


def on_person_added(session: Session, events: Sequence[RecordedEvent]) -> None:
    """What waited from an address is taken up when its owner becomes known."""
    added = [event.subject for event in events]
    theirs = select(Identity.id).where(Identity.id.in_(added), Identity.email_index == InboundMail.sender_index)
    waiting = select(InboundMail).where(InboundMail.state == "unassigned", theirs.exists())
    for row in session.scalars(waiting.with_for_update(skip_locked=True)):
        known = people.find_by_email(session, row.sender) if row.sender else []
        if len(known) == 1:
            _log(session, row, known[0])


def _log(session: Session, row: InboundMail, person: Person) -> None:
    interactions.log(
        session,
        person,
        channel="email",
        direction="in",
        summary=(row.subject or (row.body or "").partition("\n")[0])[:200] or "E-mail",
        subject=row.subject or "",
        body=row.body or "",
        at=row.received_at,
        key=f"mail:{row.id}",
        source="mail",
        by=SYSTEM,
        attachments=row.attachments,
        thread_id=row.thread_id or row.id,
        staff_id=None,
        automatic=row.automatic is not None,
    )
    row.state, row.person_id = "logged", person.id


def _note_bounces(session: Session, row: InboundMail, returned: Returned) -> None:
    """The mail's file is the evidence."""
    named = next((each for each in returned.outbox_ids if session.get(Outbox, each) is not None), None)
    proof = "outbox" if row.outbox_id else "message_id" if named else "none"
    for number, report in enumerate(returned.reports):
        bounces.record(session, _told(row, report, number, row.outbox_id or named, proof))
    row.state, row.person_id = "bounce", None


def _told(row: InboundMail, report: Report, number: int, outbox_id: UUID | None, proof: str) -> Told:
    return Told(
        key=f"mail:{row.id}:{number}",
        source="mail",
        kind=report.kind,
        status=report.status,
        diagnostic=report.diagnostic,
        recipients=report.recipients,
        outbox_id=outbox_id,
        proof=proof,
        evidence=row.file,
        at=row.received_at,
    )


def _circling(session: Session, row: InboundMail, mail: Inbound) -> str:
    """Why the mail is part of a loop, "" when it is none."""
    own = OURS.fullmatch(mail.message_id)
    if own is not None and session.get(Outbox, UUID(own[1])) is not None:
        return N_("This is a mail of ours that was sent back to us.")
    if mail.circles:
        return N_("This mail has passed more than fifty servers; it goes in circles.")
    if mail.sender:
        since = row.received_at - timedelta(hours=1)
        same = blind_equal(InboundMail.sender_index, mail.sender)
        count = select(func.count()).where(same, InboundMail.received_at > since, InboundMail.id != row.id)
        if (session.scalar(count) or 0) >= MOST_IN_AN_HOUR:
            return N_("This sender wrote more than twenty mails within an hour.")
    return ""


def _conversation(session: Session, mail: Inbound) -> tuple[UUID | None, UUID | None]:
    """The conversation that the mail belongs to and whose it seems to be, by what it answers, the nearest first."""
    answered = list(dict.fromkeys([*reversed(mail.in_reply_to), *reversed(mail.references)]))
    if not answered:
        return None, None
    cipher = current_keys().for_tenant(session.info["tenant"])
    hashes = {cipher.blind("message id", each): each for each in answered}
    rows = session.scalars(select(InboundMail).where(InboundMail.message_hash.in_(hashes))).all()
    before = {hashes[row.message_hash]: row for row in rows}
    for each in answered:
        if each in before:
            return before[each].thread_id or before[each].id, before[each].person_id
        own = OURS.fullmatch(each)
        sent = session.get(Outbox, UUID(own[1])) if own else None
        if sent is not None:
            contact = session.get(Contact, sent.ref_id) if sent.purpose == MAIL else None
            return sent.id, contact.person_id if contact is not None else None
    return None, None
