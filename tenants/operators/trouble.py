"""What failed for good, across all tenants: jobs, event deliveries and migrations, with their reasons.

Everything is read from the control plane: jobs and migrations are there, deliveries are what the sweeper saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from infra.jobs import Queues
from tenants import failures, migrations
from tenants.models import FailedJob, Tenant
from tenants.operators import audit
from tenants.operators.models import OperatorEntry, TenantFailure
from tenants.permissions import Actor

PAGE = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """Failures of one name for one reason: how many, in how many tenants, since when."""

    name: str
    reason: str
    count: int
    tenants: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Spread:
    """How many tenants of a cell stand at a revision."""

    cell: str
    revision: str
    count: int


@dataclass(frozen=True, slots=True)
class MigrationState:
    """Where the tenants' schemas stand. `last` is what the last run from here came to."""

    head: str
    spread: Sequence[Spread]
    failed: Sequence[Tenant]
    behind: int
    last: OperatorEntry | None


def list_job_kinds(session: Session) -> Sequence[Kind]:
    """Failed jobs by name and reason, the most frequent first."""
    rows = session.execute(
        select(
            FailedJob.job,
            FailedJob.reason,
            func.count(),
            func.count(FailedJob.tenant_id.distinct()),
            func.min(FailedJob.failed_at),
        )
        .where(FailedJob.retried_at.is_(None))
        .group_by(FailedJob.job, FailedJob.reason)
        .order_by(func.count().desc(), FailedJob.job)
    )
    return [Kind(*row) for row in rows]


def list_jobs(
    session: Session, *, name: str = "", tenant: UUID | None = None, before: UUID | None = None, limit: int = PAGE
) -> tuple[Sequence[tuple[FailedJob, str | None]], UUID | None]:
    """Failed jobs with their tenants' slugs, the newest first, and the id to go on after."""
    query = (
        select(FailedJob, Tenant.slug)
        .outerjoin(Tenant, Tenant.id == FailedJob.tenant_id)
        .where(FailedJob.retried_at.is_(None))
    )
    if name:
        query = query.where(FailedJob.job == name)
    if tenant is not None:
        query = query.where(FailedJob.tenant_id == tenant)
    if before is not None:
        query = query.where(FailedJob.id < before)
    rows = session.execute(query.order_by(FailedJob.id.desc()).limit(limit + 1)).all()
    shown = [(row[0], row[1]) for row in rows[:limit]]
    return shown, shown[-1][0].id if len(rows) > limit else None


def retry_job(session: Session, queues: Queues, job_id: UUID, *, by: Actor) -> FailedJob:
    """Sends a failed job again, once. Raises NotFound, JobGone, and Unavailable while Valkey is away."""
    failed = session.get(FailedJob, job_id, with_for_update=True, populate_existing=True)
    done = failed is not None and failed.retried_at is not None
    retried = failures.retry(session, queues, job_id)
    if not done:
        audit.record(session, "job.retried", by=by, tenant=retried.tenant_id, subject=job_id, job=retried.job)
    return retried


def list_delivery_kinds(session: Session) -> Sequence[Kind]:
    """Failed deliveries by reaction and reason, the most frequent first."""
    rows = session.execute(
        select(
            TenantFailure.reaction,
            TenantFailure.reason,
            func.sum(TenantFailure.count),
            func.count(),
            func.min(TenantFailure.oldest_at),
        )
        .group_by(TenantFailure.reaction, TenantFailure.reason)
        .order_by(func.sum(TenantFailure.count).desc(), TenantFailure.reaction)
    )
    return [Kind(*row) for row in rows]


def list_delivery_tenants(
    session: Session, reaction: str, reason: str, *, limit: int = PAGE
) -> Sequence[tuple[TenantFailure, str | None]]:
    """Where deliveries of a kind failed, the most first, with the tenants' slugs."""
    query = (
        select(TenantFailure, Tenant.slug)
        .join(Tenant, Tenant.id == TenantFailure.tenant_id)
        .where(TenantFailure.reaction == reaction, TenantFailure.reason == reason)
        .order_by(TenantFailure.count.desc(), TenantFailure.tenant_id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def migration_state(session: Session) -> MigrationState:
    """Revisions of all living tenants, those that failed, and the last run that an operator asked for."""
    head = migrations.head(migrations.TENANT)
    living = Tenant.state.in_(migrations.STATES)
    rows = session.execute(
        select(Tenant.cell, func.coalesce(Tenant.revision, ""), func.count())
        .where(living)
        .group_by(Tenant.cell, Tenant.revision)
        .order_by(Tenant.cell, Tenant.revision.desc())
    )
    spread = [Spread(*row) for row in rows]
    failed = session.scalars(select(Tenant).where(failed_migration()).order_by(Tenant.id).limit(PAGE)).all()
    last = session.scalars(
        select(OperatorEntry)
        .where(OperatorEntry.action == "migrations.ended")
        .order_by(OperatorEntry.id.desc())
        .limit(1)
    ).one_or_none()
    behind = sum(each.count for each in spread if each.revision != head)
    return MigrationState(head, spread, failed, behind, last)


def failed_migration() -> ColumnElement[bool]:
    """Living tenants whose last migration failed."""
    return Tenant.state.in_(migrations.STATES) & Tenant.migration_problem.is_not(None)
