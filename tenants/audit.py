"""The record of who did what. A row stands in the same transaction as the deed; it holds ids and codes only."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.models import AuditEntry
from tenants.permissions import Actor


def record(session: Session, action: str, *, by: Actor, subject: UUID | None = None, **data: object) -> None:
    """Notes a deed such as `staff.signed_in`. `data` must hold ids, codes and numbers, never personal data."""
    session.add(
        AuditEntry(
            actor_kind=by.kind,
            actor_id=by.id,
            action=action,
            subject_id=subject,
            data={name: str(value) if isinstance(value, UUID) else value for name, value in data.items()},
        )
    )


def list_about(session: Session, subject: UUID, *, limit: int = 50) -> Sequence[AuditEntry]:
    """The newest entries about a thing."""
    query = select(AuditEntry).where(AuditEntry.subject_id == subject).order_by(AuditEntry.id.desc()).limit(limit)
    return session.scalars(query).all()
