"""Mail that customers write to us: whose it is, which conversation it belongs to, and what becomes of it.

A mail of somebody known is an interaction of theirs, marked where nothing proves that they wrote it. What the
sender's own domain disowns is kept aside, and whoever is not known waits for a person to say who it is
(`inbound_desk`); a mail that answers one of ours names the likely one, but only suggests. Nothing that comes in
here is ever answered by a machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers import bounces, interactions, people
from customers.bounces import Told
from customers.contact import MAIL
from customers.inbound_events import InboundMailDecided, InboundMailWaiting
from customers.models import Contact, Identity, InboundMail, Person
from infra.crypto import current_keys
from infra.crypto.columns import blind_equal
from infra.events import RecordedEvent, record
from infra.i18n import N_
from infra.mail.dsn import OURS, Report, Returned
from infra.mail.inbound.authentication import Checked
from infra.mail.inbound.parsing import Inbound
from infra.mail.models import Outbox
from tenants.permissions import SYSTEM

MOST_IN_AN_HOUR = 20
"""Mails from one sender; beyond, two machines seem to be talking."""
TOO_MANY = N_("This sender wrote more than twenty mails within an hour.")
DISOWNED = N_("The domain of this sender says that the mail does not come from it.")
WAITING = frozenset({"unassigned", "quarantined", "failed"})
"""States in which a person has to look at a mail."""
BEGINNING = 400
"""Letters of a mail that stand on the timeline."""


@dataclass(frozen=True, slots=True)
class Read:
    """A mail as it was read, with its files as they were stored."""

    mail: Inbound
    returned: Returned | None
    files: Sequence[dict[str, Any]]
    checked: Checked | None = None


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
    if read.checked is not None:
        row.authentication, row.checks = read.checked.result, dict(read.checked.codes)
    session.flush()
    circling = _circling(session, row, mail)
    if circling:
        row.state, row.automatic, row.reason = "ignored", "loop", circling
        return
    row.thread_id, likely = _conversation(session, mail)
    known = people.find_by_email(session, mail.sender) if mail.sender else []
    person = next((each for each in known if each.id == likely or len(known) == 1), None)
    if row.authentication == "failed":
        row.state, row.reason = "quarantined", DISOWNED
        row.person_id = person.id if person is not None else likely
    elif _writes_much(session, row, mail):
        _set_apart(row, mail, person.id if person is not None else likely)
    elif person is None:
        row.state, row.person_id = "unassigned", likely
    else:
        log(session, row, person)
    tell_waiting(session, row)


def tell_waiting(session: Session, row: InboundMail) -> None:
    """Tells programs that a mail waits for a person, where it does."""
    if row.state in WAITING:
        record(session, InboundMailWaiting(subject=row.id, state=row.state))


def tell_decided(session: Session, row: InboundMail) -> None:
    """Tells programs what became of a mail that waited."""
    person = row.person_id if row.state == "logged" else None
    record(session, InboundMailDecided(subject=row.id, state=row.state, person=person))


def on_person_added(session: Session, events: Sequence[RecordedEvent]) -> None:
    """What waited from an address is taken up when its owner becomes known."""
    added = [event.subject for event in events]
    theirs = select(Identity.id).where(Identity.id.in_(added), Identity.email_index == InboundMail.sender_index)
    waiting = select(InboundMail).where(InboundMail.state == "unassigned", theirs.exists())
    for row in session.scalars(waiting.with_for_update(skip_locked=True)):
        known = people.find_by_email(session, row.sender) if row.sender else []
        if len(known) == 1:
            log(session, row, known[0])
            tell_decided(session, row)


def log(session: Session, row: InboundMail, person: Person) -> None:
    """The mail is an interaction of this person. Of one that could not be read, the mail itself is the file."""
    files = row.attachments or ([_evidence(row)] if row.state == "failed" else [])
    interactions.log(
        session,
        person,
        channel="email",
        direction="in",
        summary=_beginning(row.body or "") or row.subject or "E-mail",
        subject=row.subject or "",
        body=row.body or "",
        at=row.received_at,
        key=f"mail:{row.id}",
        source="mail",
        by=SYSTEM,
        attachments=files,
        authentication=row.authentication,
        thread_id=row.thread_id or row.id,
        staff_id=None,
        automatic=row.automatic is not None,
    )
    row.state, row.person_id = "logged", person.id


def _beginning(body: str) -> str:
    """The first words that the sender wrote themselves, for the timeline; "" when there are none."""
    own = takewhile(lambda line: not line.startswith(">"), body.strip().split("\n"))
    text = "\n".join(own).strip()
    return text if len(text) <= BEGINNING else text[: BEGINNING - 1].rstrip() + "…"


def _evidence(row: InboundMail) -> dict[str, Any]:
    return {"name": "mail.eml", "type": "message/rfc822", "bytes": row.size, "file": row.file}


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
    return ""


def _writes_much(session: Session, row: InboundMail, mail: Inbound) -> bool:
    if not mail.sender:
        return False
    since = row.received_at - timedelta(hours=1)
    same = blind_equal(InboundMail.sender_index, mail.sender)
    alike = InboundMail.authentication.is_not_distinct_from(row.authentication)  # a forger silences nobody else
    count = select(func.count()).where(same, alike, InboundMail.received_at > since, InboundMail.id != row.id)
    return (session.scalar(count) or 0) >= MOST_IN_AN_HOUR


def _set_apart(row: InboundMail, mail: Inbound, likely: UUID | None) -> None:
    """What a machine says it sends ends here; anything else waits for a person, for a sender can be feigned."""
    row.reason = TOO_MANY
    if mail.auto_submitted:
        row.state, row.automatic = "ignored", "loop"
    else:
        row.state, row.person_id = "unassigned", likely


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
