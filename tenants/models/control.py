"""The routing plane: cells, tenants, hosts, sign-ups, and what is due or failed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import ControlBase
from infra.ids import new_id


class Cell(ControlBase):
    """A PostgreSQL server (or Citus cluster) that holds tenants; its address is a setting."""

    __tablename__ = "cells"

    name: Mapped[str] = mapped_column(primary_key=True)
    open: Mapped[bool] = mapped_column(default=True)
    """Whether new tenants may be placed here."""
    capacity: Mapped[int] = mapped_column(default=3000)
    """How many tenants the cell may hold."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class Tenant(ControlBase):
    """A business, or a schema made ahead for one (`spare`)."""

    __tablename__ = "tenants"
    __table_args__ = (
        CheckConstraint(
            "state IN ('making', 'spare', 'opening', 'active', 'suspended', 'closing', 'closed')", name="state"
        ),
        CheckConstraint("state IN ('making', 'spare') OR slug IS NOT NULL", name="slug_given"),
        Index("ix_tenants_spares", "cell", "id", postgresql_where=text("state = 'spare'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str | None]
    cell: Mapped[str] = mapped_column(ForeignKey(Cell.name))
    state: Mapped[str]
    revision: Mapped[str | None]
    """The migration its schema stands at, as the runner last saw it."""
    migration_problem: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class TenantTransition(ControlBase):
    """Each change of a tenant's state, with who and why. Append-only but for `told_at`."""

    __tablename__ = "tenant_transitions"
    __table_args__ = (
        Index(
            "ix_tenant_transitions_untold",
            "id",
            postgresql_where=text("cause IS NOT NULL AND told_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), index=True)
    state: Mapped[str]
    actor: Mapped[str]
    reason: Mapped[str | None]
    """For the operators' history only."""
    at: Mapped[datetime] = mapped_column(default=now)
    cause: Mapped[str | None]
    """The reason as a code, of what the tenant's own audit log is to hold; None for what is not told there."""
    told_at: Mapped[datetime | None]
    """When it stood there."""


class Host(ControlBase):
    """A tenant's own domain, which nobody else can have as long as its proof stands.

    `{slug}.<base domain>` needs no row. The claim itself, with its checks, is a row in the tenant (`domains`).
    """

    __tablename__ = "hosts"
    __table_args__ = (Index("uq_hosts_main", "tenant_id", unique=True, postgresql_where=text("main")),)

    host: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), index=True)
    verified_at: Mapped[datetime | None]
    """None: the proof is gone; nothing is served and no certificate is asked for."""
    proof: Mapped[str | None]
    """The token in DNS with which the tenant proved the domain: it is looked for when another one claims it."""
    proved_at: Mapped[datetime | None]
    """When the proof was last seen."""
    main: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether pages of the tenant's subdomain lead here."""


class Routing(ControlBase):
    """One row: a counter that grows with each change of tenants or hosts, so that caches notice within a second."""

    __tablename__ = "routing"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    generation: Mapped[int]


class SignUp(ControlBase):
    """A request to open a tenant, until the address is verified and every step is done."""

    __tablename__ = "sign_ups"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    business_name: Mapped[str]
    slug: Mapped[str]
    email: Mapped[bytes]
    """Encrypted under the platform key."""
    name: Mapped[bytes | None]
    """The owner's name; encrypted like the address."""
    email_index: Mapped[bytes] = mapped_column(index=True)
    password_hash: Mapped[str | None]
    """Handed to the owner's row and emptied when the tenant is open."""
    locale: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey(Tenant.id))
    completed_at: Mapped[datetime | None]


class StaffIndex(ControlBase):
    """Which tenants an address works in, by blind index: only for the "find my workspace" mail."""

    __tablename__ = "staff_index"

    email_index: Mapped[bytes] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), primary_key=True, index=True)


class Due(ControlBase):
    """When a tenant next has something of a kind to do: an index over its rows, rebuilt by the sweeper."""

    __tablename__ = "due"
    __table_args__ = (Index("ix_due_run_at", "run_at"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    run_at: Mapped[datetime]


class FailedJob(ControlBase):
    """A job that failed for good: its name, its ids, its reason. Retrying it is recorded, not deleted."""

    __tablename__ = "failed_jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey(Tenant.id), index=True)
    job: Mapped[str]
    queue: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    reason: Mapped[str]
    attempts: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(default=now)
    retried_at: Mapped[datetime | None]
