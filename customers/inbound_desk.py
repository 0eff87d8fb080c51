"""Mail that is nobody's interaction, or not yet: listed by what became of it, and given to somebody by a person.

Whatever stands here is kept for a while only (`inbound_retention`). Accepting a mail that was kept aside is a
decision about that one mail; saying whose an unknown sender is takes along what else waits from them.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers import inbound, people
from customers.inbound_errors import MailGone, MailNotOpen
from customers.models import InboundMail, Person
from infra import clock
from infra.pages import Page, bounded, decode, page
from tenants import audit
from tenants.permissions import Actor

KINDS: Mapping[str, str] = {
    "waiting": "unassigned",
    "quarantined": "quarantined",
    "ignored": "ignored",
    "failed": "failed",
    "set_aside": "set_aside",
}
"""What is listed, by its word, and the state in which it is. All of it can be given to somebody."""
DECIDABLE = tuple(KINDS.values())
ADDABLE = ("unassigned", "set_aside")
"""States in which the sender may become a customer: not one whom nothing proves, and not a machine."""


def list_mails(
    session: Session, kind: str = "waiting", *, after: str | None = None, limit: int = 50
) -> Page[InboundMail]:
    """Mails of a kind, newest first. Raises CursorInvalid."""
    size, cursor = bounded(limit), decode(after)
    query = select(InboundMail).where(InboundMail.state == KINDS[kind])
    if cursor is not None:
        query = query.where(InboundMail.id < cursor)
    rows = session.scalars(query.order_by(InboundMail.id.desc()).limit(size + 1)).all()
    return page(rows, size, [row.id for row in rows])


def counts(session: Session) -> dict[str, int]:
    """How many there are of each kind."""
    query = select(InboundMail.state, func.count()).where(InboundMail.state.in_(DECIDABLE))
    found = dict(session.execute(query.group_by(InboundMail.state)).all())
    return {kind: found.get(state, 0) for kind, state in KINDS.items()}


def get(session: Session, mail_id: UUID) -> InboundMail:
    """A mail that came in. Raises MailGone."""
    found = session.get(InboundMail, mail_id)
    if found is None or found.state in ("received", "bounce", "forgotten"):
        raise MailGone()
    return found


def get_file(session: Session, mail_id: UUID, number: int) -> dict[str, Any]:
    """One of a mail's files. Raises MailGone."""
    files = get(session, mail_id).attachments
    if not 0 <= number < len(files):
        raise MailGone()
    return files[number]


def assign(session: Session, mail: InboundMail, person: Person, *, by: Actor) -> int:
    """The mail is this person's, and so is what else waits from an unknown sender; answers how many.

    Raises MailNotOpen.
    """
    session.refresh(mail, with_for_update=True)
    if mail.state == "logged" and mail.person_id in people.ids_of(session, person.id):
        return 0
    if mail.state not in DECIDABLE:
        raise MailNotOpen()
    rows = [mail, *(_waiting_with(session, mail) if mail.state in ("unassigned", "set_aside") else ())]
    for row in rows:
        inbound.log(session, row, person)
        row.decided_by, row.decided_at = by.id, clock.now()
        inbound.tell_decided(session, row)
        audit.record(session, "inbound_mail.assigned", by=by, subject=row.id, person=str(person.id))
    session.flush()
    return len(rows)


def add_sender(session: Session, mail: InboundMail, *, by: Actor) -> Person:
    """Makes the sender a customer, and the mail theirs. Raises MailNotOpen, PersonInvalid."""
    session.refresh(mail, with_for_update=True)
    if mail.state not in ADDABLE or not mail.sender:
        raise MailNotOpen()
    is_clear = (mail.checks or {}).get("author") != "unclear"  # else the name may be somebody else's address
    name = mail.sender_name if is_clear else None
    person = people.add(session, by=by, name=name, email=mail.sender, source="mail")
    assign(session, mail, person, by=by)
    return person


def set_aside(session: Session, mail: InboundMail, *, by: Actor) -> None:
    """Nobody's, and not shown any more; it can still be assigned. Setting aside twice does nothing."""
    session.refresh(mail, with_for_update=True)
    if mail.state == "set_aside":
        return
    if mail.state not in ("unassigned", "quarantined"):
        raise MailNotOpen()
    mail.state, mail.decided_by, mail.decided_at = "set_aside", by.id, clock.now()
    inbound.tell_decided(session, mail)
    audit.record(session, "inbound_mail.set_aside", by=by, subject=mail.id)
    session.flush()


def _waiting_with(session: Session, mail: InboundMail) -> Sequence[InboundMail]:
    """What else waits from the same sender; mails of which no sender could be read have nothing in common."""
    if mail.sender_index is None:
        return []
    same = InboundMail.sender_index == mail.sender_index
    others = select(InboundMail).where(InboundMail.state == "unassigned", same, InboundMail.id != mail.id)
    return session.scalars(others.order_by(InboundMail.id).with_for_update()).all()
