"""API keys, the answers kept for repeated requests, and the record of who did what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, append_only, not_personal
from infra.ids import new_id


class ApiKey(TenantBase):
    """A program's way in. The key is shown once; `hint` is what people recognise it by."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(info=not_personal)
    hint: Mapped[str] = mapped_column(info=not_personal)
    token_hash: Mapped[bytes] = mapped_column(unique=True, info=not_personal)
    scopes: Mapped[list[str]] = mapped_column(info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=not_personal)
    expires_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    last_used_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    revoked_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    revoked_by: Mapped[UUID | None] = mapped_column(info=not_personal)


class IdempotencyKey(TenantBase):
    """A write that a client may repeat: what was asked, and the id of what came of it. No content."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    api_key_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(info=not_personal)
    body_hash: Mapped[bytes] = mapped_column(info=not_personal)
    status: Mapped[int] = mapped_column(info=not_personal)
    result_id: Mapped[UUID] = mapped_column(info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)


class AuditEntry(TenantBase):
    """Who did what to which thing, by ids and codes. Written in the transaction of the deed, never changed."""

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint("actor_kind IN ('staff', 'api_key', 'system')", name="actor_kind"),
        Index("ix_audit_log_subject_id", "subject_id", "id"),
        {"info": append_only()},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    actor_kind: Mapped[str] = mapped_column(info=not_personal)
    actor_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    action: Mapped[str] = mapped_column(info=not_personal)
    subject_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, info=not_personal)
