"""Letting the vendor's support look in: grants of the tenant, and the visits made on them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id, unordered_id


class SupportGrant(TenantBase):
    """The tenant's leave for support to look in, or also to change things, until a moment."""

    __tablename__ = "support_grants"
    __table_args__ = (CheckConstraint("allows IN ('read', 'change')", name="allows"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    allows: Mapped[str] = mapped_column(info=not_personal)
    reason: Mapped[str] = mapped_column(info=personal("free_text"))
    granted_by: Mapped[UUID] = mapped_column(info=not_personal)
    granted_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    ends_at: Mapped[datetime] = mapped_column(info=not_personal)
    revoked_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    revoked_by: Mapped[UUID | None] = mapped_column(info=not_personal)


class SupportSession(TenantBase):
    """One visit of an operator. Its id stands in the code of one use; `token_hash` comes when that was used."""

    __tablename__ = "support_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=unordered_id)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey(SupportGrant.id), info=not_personal)
    operator_id: Mapped[UUID] = mapped_column(info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    entered_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    token_hash: Mapped[bytes | None] = mapped_column(unique=True, info=not_personal)
    last_seen_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    ended_at: Mapped[datetime | None] = mapped_column(info=not_personal)
