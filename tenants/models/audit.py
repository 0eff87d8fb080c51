"""The record of who did what, and the seals over it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import ControlBase, TenantBase, append_only, not_personal
from infra.ids import new_id
from tenants.models.control import Tenant


class AuditEntry(TenantBase):
    """Who did what to which thing, by ids and codes. Written in the transaction of the deed, never changed.

    `sealed_in` is the one column that is set later, by the sealer: it only says what still waits, and nothing is
    proved by it. There is no network address here: rows are kept for good, and an address is personal data.
    Indexes: what is about a thing, what somebody did, one kind of deed (each newest first), and what waits.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint(
            "actor_kind IN ('staff', 'api_key', 'operator', 'support', 'system', 'person')", name="actor_kind"
        ),
        Index("ix_audit_log_subject_id", "subject_id", "id"),
        Index("ix_audit_log_actor_id", "actor_id", "id"),
        Index("ix_audit_log_action", "action", "id"),
        Index("ix_audit_log_unsealed", "id", postgresql_where=text("sealed_in IS NULL")),
        {"info": append_only("sealed_in")},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    actor_kind: Mapped[str] = mapped_column(info=not_personal)
    actor_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    action: Mapped[str] = mapped_column(info=not_personal)
    subject_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, info=not_personal)
    request_id: Mapped[str | None] = mapped_column(info=not_personal)
    """The request (or job) in whose log lines more can be read."""
    sealed_in: Mapped[int | None] = mapped_column(info=not_personal)
    """The number of the seal that covers the row."""


class AuditSeal(TenantBase):
    """One link of the chain: `head` is the hash over the head before it and the rows that `manifest` names."""

    __tablename__ = "audit_seals"
    __table_args__ = ({"info": append_only("anchored_at")},)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    format: Mapped[int] = mapped_column(info=not_personal)
    """How rows are written before they are hashed (`tenants.audit.chain`); grows when a column is added."""
    sealed_at: Mapped[datetime] = mapped_column(info=not_personal)
    count: Mapped[int] = mapped_column(info=not_personal)
    last_id: Mapped[UUID] = mapped_column(info=not_personal)
    manifest: Mapped[bytes] = mapped_column(info=not_personal)
    """For each row, in order: its id (16 bytes) and its digest (32 bytes)."""
    previous: Mapped[bytes] = mapped_column(info=not_personal)
    head: Mapped[bytes] = mapped_column(info=not_personal)
    anchored_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When the head was noted outside of this schema."""


class AuditAnchor(ControlBase):
    """The last head of a tenant's chain, where the tenant's schema cannot reach, and what the last check found."""

    __tablename__ = "audit_anchors"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), primary_key=True)
    number: Mapped[int]
    head: Mapped[bytes]
    entries: Mapped[int]
    """How many rows the chain covers up to here."""
    mac: Mapped[bytes]
    """Made with a key that stands in no database: whoever can write here cannot write a head of their own."""
    anchored_at: Mapped[datetime] = mapped_column(default=now)
    checked_at: Mapped[datetime | None]
    checked_entries: Mapped[int | None]
    problem: Mapped[str | None]
    """What the last check found, as a code; None when all was in order."""
    problem_entry: Mapped[UUID | None]
