"""Jobs that failed for good: kept with their reason until somebody retries them."""

from importlib import import_module
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from infra import clock
from infra.db import Databases, TenantRef
from infra.errors import Conflict, NotFound
from infra.events.jobs import FLAG, dispatch
from infra.events.models import Delivery
from infra.jobs import JobSpec, Queues
from infra.jobs.declared import spec_of
from infra.services import Services
from tenants.jobs import refs
from tenants.models import FailedJob


class JobGone(Conflict):
    """The failed job was declared by a release that is gone."""

    code = "job_gone"
    message = "No job is called %(name)s any more, so it cannot be sent again."


def record(
    databases: Databases,
    spec: JobSpec,
    tenant_id: UUID | None,
    arguments: dict[str, Any],
    reason: str,
    attempts: int,
) -> None:
    """Keeps a failed job. `reason` names the kind of failure and holds no personal data."""
    with databases.control_session() as session:
        session.add(
            FailedJob(
                tenant_id=tenant_id,
                job=spec.name,
                queue=spec.queue,
                arguments=arguments,
                reason=reason,
                attempts=attempts,
            )
        )


def list_failed(session: Session, *, limit: int = 100) -> list[FailedJob]:
    """The failed jobs nobody has retried yet, newest first."""
    query = select(FailedJob).where(FailedJob.retried_at.is_(None)).order_by(FailedJob.failed_at.desc())
    return list(session.scalars(query.limit(limit)))


def retry(session: Session, queues: Queues, failed_id: UUID) -> FailedJob:
    """Sends a failed job again, once: a second call does nothing. Raises NotFound, JobGone."""
    failed = session.get(FailedJob, failed_id, with_for_update=True)
    if failed is None:
        raise NotFound("Nothing that failed for good has this id. `rapport jobs failed` lists what has.")
    if failed.retried_at is None:
        queues.send(_spec(failed.job), failed.tenant_id, failed.arguments)
        failed.retried_at = clock.now()
    return failed


def _spec(name: str) -> JobSpec:
    """The job's declaration; a job declares itself when its module is imported, and only workers import all."""
    try:
        import_module(name.rpartition(".")[0])
        return spec_of(name)
    except (ImportError, LookupError, ValueError) as problem:
        raise JobGone(name=name) from problem


def list_failed_deliveries(session: Session, *, limit: int = 100) -> list[Delivery]:
    """The tenant's event deliveries that were set aside."""
    query = select(Delivery).where(Delivery.state == "failed").order_by(Delivery.event_id)
    return list(session.scalars(query.limit(limit)))


def put_back(
    session: Session, *, reaction: str | None = None, reason: str | None = None, event_id: UUID | None = None
) -> int:
    """Puts the tenant's failed deliveries back that fit; answers how many. `reason` "" means one without words."""
    query = update(Delivery).where(Delivery.state == "failed")
    if reaction is not None:
        query = query.where(Delivery.reaction == reaction)
    if reason is not None:
        query = query.where(func.coalesce(Delivery.reason, "") == reason)
    if event_id is not None:
        query = query.where(Delivery.event_id == event_id)
    changed = query.values(state="waiting", attempts=0, next_attempt_at=clock.now()).returning(Delivery.reaction)
    return len(session.execute(changed.execution_options(synchronize_session=False)).all())


def ask_for_dispatch(services: Services, tenant: TenantRef) -> None:
    """Has what was put back delivered soon; the sweeper would find it too."""
    services.queues.send_once(spec_of(dispatch), tenant.id, FLAG)


def retry_deliveries(services: Services, event_id: UUID) -> bool:
    """Puts an event's failed deliveries back, whichever tenant it belongs to; answers whether there were any."""
    for tenant in refs(services.db):
        with services.db.tenant_session(tenant) as session:
            changed = put_back(session, event_id=event_id)
        if changed:
            ask_for_dispatch(services, tenant)
            return True
    return False
