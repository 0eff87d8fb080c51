"""What operators ask for that takes longer than a page: retrying all of a kind, and migrating again.

Each is a chain of steps with transactions of their own, and safe to run twice.
"""

import logging
from datetime import datetime
from uuid import UUID

import psycopg
from sqlalchemy import select, update

from infra import clock
from infra.db import TenantRef
from infra.errors import Conflict
from infra.jobs.declared import job
from infra.services import Services
from tenants import failures, migrations
from tenants.jobs import find_ref
from tenants.models import FailedJob, Tenant
from tenants.operators import audit, health
from tenants.operators.models import TenantFailure
from tenants.operators.trouble import failed_migration

log = logging.getLogger(__name__)


@job(queue="bulk", scope="services", timeout=900)
def retry_jobs(services: Services, tenant: TenantRef | None, *, name: str, until: str) -> None:
    """Sends every failed job of a name again that had failed by `until` (ISO 8601); one that fails anew stays."""
    with services.db.control_session() as session:
        ids = session.scalars(
            select(FailedJob.id)
            .where(
                FailedJob.job == name,
                FailedJob.retried_at.is_(None),
                FailedJob.failed_at <= datetime.fromisoformat(until),
            )
            .order_by(FailedJob.id)
        ).all()
    for failed_id in ids:
        try:
            with services.db.control_session() as session:
                failures.retry(session, services.queues, failed_id)
        except Conflict as problem:
            log.warning("a failed job cannot be sent again", extra={"job": name, "reason": problem.code})
            return


@job(queue="bulk", scope="services", timeout=900)
def retry_deliveries(services: Services, tenant: TenantRef | None, *, reaction: str, reason: str) -> None:
    """Puts back what failed for a reason in a reaction, in every tenant where the sweeper saw it."""
    with services.db.control_session() as session:
        tenants = session.scalars(
            select(TenantFailure.tenant_id).where(
                TenantFailure.reaction == reaction, TenantFailure.reason == reason
            )
        ).all()
    for tenant_id in tenants:
        ref = find_ref(services.db, tenant_id)
        if ref is not None:  # a suspended tenant's deliveries rest
            put_back(services, ref, reaction=reaction, reason=reason)


def put_back(
    services: Services, ref: TenantRef, *, reaction: str, reason: str | None = None, event_id: UUID | None = None
) -> int:
    """Puts failed deliveries of one tenant back and notes how it stands there now; answers how many."""
    with services.db.tenant_session(ref) as session:
        count = failures.put_back(session, reaction=reaction, reason=reason, event_id=event_id)
    if count:
        failures.ask_for_dispatch(services, ref)
    look_now(services, ref)
    return count


def look_now(services: Services, ref: TenantRef) -> None:
    """What the sweeper would see in the tenant at this moment."""
    with services.db.tenant_session(ref) as session:
        seen = health.measure(session)
    with services.db.control_session() as session:
        health.keep(session, ref, seen, always=True)


@job(queue="bulk", scope="services", attempts=1, timeout=3600)
def migrate(services: Services, tenant: TenantRef | None, *, only_failed: bool) -> None:
    """Brings tenants to the head and records what came of it. One run at a time; a second one does nothing."""
    with psycopg.connect(services.db.dsn("control", "owner")) as lock:
        row = lock.execute("SELECT pg_try_advisory_xact_lock(hashtext('rapport tenant migrations'))").fetchone()
        if row is None or not row[0]:
            return
        with services.db.control_session() as session:
            chosen = session.scalars(select(Tenant.id).where(failed_migration())).all() if only_failed else None
        report = migrations.migrate_tenants(services.db, migrations.TENANT, chosen)
        with services.db.control_session() as session:
            if report.unchanged:  # brought up to date elsewhere since
                session.execute(
                    update(Tenant).where(Tenant.id.in_(report.unchanged)).values(migration_problem=None)
                )
            audit.record(
                session,
                "migrations.ended",
                by=None,
                migrated=len(report.migrated),
                unchanged=len(report.unchanged),
                failed=len(report.failed),
            )


def present_moment() -> str:
    """Now, as `retry_jobs` takes it."""
    return clock.now().isoformat()
