"""Reading the record: newest first, filtered, page by page, counted up to a bound."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from infra.crypto.columns import or_none
from infra.errors import NotFound
from infra.ids import first_id_at
from tenants.audit.kinds import of_category
from tenants.models import ApiKey, AuditEntry, StaffMember

SKEW = timedelta(days=1)
"""How far the moment in an id may be from the entry's own, for the bounds of a scan; the moment itself decides."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to. `since` is inside, `until` outside."""

    category: str = ""
    kind: str = ""
    actor: UUID | None = None
    subject: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, and the id after which the next page begins; None after the last."""

    items: Sequence[AuditEntry]
    next_after: UUID | None


def list_entries(session: Session, filters: Filters, *, after: UUID | None = None, limit: int = 50) -> Page:
    """Entries, newest first: in the order of their ids, which hold the moment they were made."""
    query = _select(filters).order_by(AuditEntry.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(AuditEntry.id < after)
    rows = session.scalars(query).all()
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def count_entries(session: Session, filters: Filters, *, most: int) -> int:
    """How many there are, counted up to `most`."""
    some = _select(filters).with_only_columns(AuditEntry.id).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def get_entry(session: Session, entry_id: UUID) -> AuditEntry:
    """One entry. Raises NotFound."""
    entry = session.get(AuditEntry, entry_id)
    if entry is None:
        raise NotFound()
    return entry


def batches(session: Session, filters: Filters, *, after: UUID | None = None, size: int) -> Sequence[AuditEntry]:
    """The next entries for a file, oldest first."""
    query = _select(filters).order_by(AuditEntry.id).limit(size)
    return session.scalars(query if after is None else query.where(AuditEntry.id > after)).all()


def people(session: Session) -> Iterator[tuple[UUID, str]]:
    """Whoever can have acted and has a name: staff, also those who have left, then API keys."""
    for member in session.scalars(select(StaffMember).order_by(StaffMember.deactivated_at.nulls_first())):
        name = or_none(lambda member=member: member.name)  # type: ignore[misc]
        if name:
            yield member.id, name
    for row in session.execute(select(ApiKey.id, ApiKey.name).order_by(ApiKey.id.desc())):
        yield row.id, row.name


def _select(filters: Filters) -> Select[AuditEntry]:
    query = select(AuditEntry)
    if filters.kind:
        query = query.where(AuditEntry.action == filters.kind)
    elif filters.category:
        query = query.where(AuditEntry.action.in_(of_category(filters.category)))
    if filters.actor is not None:
        query = query.where(AuditEntry.actor_id == filters.actor)
    if filters.subject is not None:
        query = query.where(AuditEntry.subject_id == filters.subject)
    if filters.since is not None:
        query = query.where(AuditEntry.id >= first_id_at(filters.since - SKEW), AuditEntry.at >= filters.since)
    if filters.until is not None:
        query = query.where(AuditEntry.id < first_id_at(filters.until + SKEW), AuditEntry.at < filters.until)
    return query
