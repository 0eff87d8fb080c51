"""What was sent and what was refused, for lists: with its reason, and what became of the mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from customers import consent_people
from customers.models import Contact
from infra import clock
from infra.ids import first_id_at
from infra.mail.models import Outbox
from infra.pages import Page, bounded, decode, page

COUNTED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ContactFilters:
    """Which contacts a list shows. `state` is `refused` for all that were not sent, `requested` for the others."""

    person: UUID | None = None
    state: str = ""
    reason: str = ""
    purpose: str = ""
    batch: UUID | None = None
    """Only those that were asked for together."""


def list_contacts(
    session: Session, filters: ContactFilters, *, after: str | None = None, limit: int = 50
) -> Page[Contact]:
    """Newest first. Raises CursorInvalid."""
    size, cursor = bounded(limit), decode(after)
    query = _filtered(session, select(Contact), filters).order_by(Contact.id.desc()).limit(size + 1)
    rows = session.scalars(query if cursor is None else query.where(Contact.id < cursor)).all()
    return page(rows, size, [row.id for row in rows])


def count_contacts(session: Session, filters: ContactFilters, *, most: int = 10_000) -> int:
    """How many there are, counted up to `most`."""
    counted = _filtered(session, select(Contact.id), filters).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def count_reasons(session: Session) -> dict[str, int]:
    """Reason to how many messages were refused or cancelled for it in the last 30 days, the most frequent first."""
    since = first_id_at(clock.now() - COUNTED_FOR)
    rows = session.execute(
        select(Contact.reason, func.count())
        .where(Contact.state != "requested", Contact.id >= since)
        .group_by(Contact.reason)
        .order_by(func.count().desc(), Contact.reason)
    )
    return {reason: count for reason, count in rows if reason is not None}


def mails_of(session: Session, contacts: Sequence[Contact]) -> dict[UUID, Outbox]:
    """What became of the mails of those that were requested, by the contact's id."""
    keys = [f"contact:{contact.id}" for contact in contacts if contact.state == "requested"]
    rows = session.scalars(select(Outbox).where(Outbox.key.in_(keys)))
    return {mail.ref_id: mail for mail in rows}


def _filtered(session: Session, query: Select[Any], filters: ContactFilters) -> Select[Any]:
    if filters.person is not None:
        who = consent_people.find(session, filters.person)
        query = query.where(Contact.person_id.in_(who.ids if who else [filters.person]))
    if filters.batch is not None:
        query = query.where(Contact.batch_id == filters.batch)
    if filters.state == "requested":
        query = query.where(Contact.state == "requested")
    elif filters.state == "refused" or filters.reason:
        query = query.where(Contact.state != "requested")
    if filters.reason:
        query = query.where(Contact.reason == filters.reason)
    return query.where(Contact.purpose == filters.purpose) if filters.purpose else query
