"""Operators, their sessions and record, and what the sweeper has seen in each tenant."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import blind_index, encrypted
from infra.db import ControlBase, append_only
from infra.ids import new_id
from tenants.models.control import Tenant


class Operator(ControlBase):
    """Somebody who runs Rapport. Name, address and second factor are encrypted under the platform's key.

    Without a password there is only the set-up link; `ready_at` says that it was used.
    """

    __tablename__ = "operators"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = encrypted("identity")
    email: Mapped[str] = encrypted("contact", index="email_index")
    email_index: Mapped[bytes] = blind_index("email", unique=True)
    password_hash: Mapped[str | None]
    totp_secret: Mapped[str] = encrypted("credential")
    totp_step: Mapped[int | None]
    """The last 30-second step whose code was taken, so that none is taken twice."""
    recovery_hashes: Mapped[list[str]] = mapped_column(default=list)
    """Of the codes that are left, in hex."""
    set_up_hash: Mapped[bytes | None] = mapped_column(unique=True)
    set_up_until: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]


class OperatorSession(ControlBase):
    """One browser of an operator. Until `factor_at` is set it is good for the second factor's form only."""

    __tablename__ = "operator_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey(Operator.id), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    address: Mapped[bytes]
    """The network address as a keyed hash: where an operator has worked before, strangers cannot lock them out."""
    tries: Mapped[int] = mapped_column(default=0)
    """Codes that were tried in vain."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    factor_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class OperatorAttempt(ControlBase):
    """One try at an operator's password or code, by account and network address as keyed hashes. Kept for a day."""

    __tablename__ = "operator_attempts"
    __table_args__ = (
        Index("ix_operator_attempts_account", "account", "at"),
        Index("ix_operator_attempts_address", "address", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account: Mapped[bytes]
    address: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(default=now)


class OperatorEntry(ControlBase):
    """What an operator did, by ids and codes. The application may add rows, and neither change nor delete them."""

    __tablename__ = "operator_audit"
    __table_args__ = (
        Index("ix_operator_audit_tenant_id", "tenant_id", "id"),
        Index("ix_operator_audit_operator_id", "operator_id", "id"),
        {"info": append_only()},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now)
    operator_id: Mapped[UUID | None]
    """None: the command line, or the product itself."""
    action: Mapped[str]
    tenant_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class TenantHealth(ControlBase):
    """What the sweeper counted in a tenant on its last visit: an index over its rows, never the truth itself."""

    __tablename__ = "tenant_health"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[datetime]
    mails_queued: Mapped[int]
    mails_sending: Mapped[int]
    mails_unknown: Mapped[int]
    mails_failed: Mapped[int]
    """Unknown and refused ones of the last seven days."""
    mails_oldest_at: Mapped[datetime | None]
    """Since when the oldest mail is due that has not gone out."""
    events_waiting: Mapped[int]
    events_oldest_at: Mapped[datetime | None]
    deliveries_failed: Mapped[int]


class TenantFailure(ControlBase):
    """Deliveries that were set aside in a tenant, by reaction and reason; seen by the sweeper."""

    __tablename__ = "tenant_failures"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), primary_key=True)
    reaction: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    oldest_at: Mapped[datetime]
    """When the oldest event among them happened."""


class SupportOpening(ControlBase):
    """Which tenants have a grant for support that still lives: an index; the grant itself stands in the tenant."""

    __tablename__ = "support_openings"

    grant_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), index=True)
    allows: Mapped[str]
    granted_at: Mapped[datetime]
    ends_at: Mapped[datetime]
