"""API keys, and the answers kept for repeated requests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal
from infra.ids import new_id

PER_MINUTE = 1200
"""Requests that a key may send in a minute when nobody said otherwise."""


class ApiKey(TenantBase):
    """A program's way in. The secret is shown once; `hint` is what people recognise it by.

    After a rotation the secret before it opens until `previous_expires_at`: the key is one thing with two secrets,
    so that limits, repeated requests and the record of deeds go on as before.
    """

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
    requests_per_minute: Mapped[int] = mapped_column(
        default=PER_MINUTE, server_default=str(PER_MINUTE), info=not_personal
    )
    rotated_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    rotated_by: Mapped[UUID | None] = mapped_column(info=not_personal)
    """Who saw the present secret, where a rotation made it; the maker saw the first one."""
    previous_hint: Mapped[str | None] = mapped_column(info=not_personal)
    previous_token_hash: Mapped[bytes | None] = mapped_column(info=not_personal)
    previous_expires_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    previous_rotated_by: Mapped[UUID | None] = mapped_column(info=not_personal)
    previous_last_used_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    remind_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When somebody is next to be told that it expires; None when there is nothing more to tell."""


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
