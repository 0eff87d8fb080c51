"""Figures of the control plane for the metrics; a handful of cheap questions, whatever the number of tenants."""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import Databases
from infra.jobs import looking
from infra.metrics import Source
from infra.services import Services
from infra.settings import Settings
from tenants.models import Cell, Due, FailedJob, Tenant
from tenants.operators.models import TenantHealth

Figure = tuple[str, str, dict[str, str], float]


def sources(services: Services) -> dict[str, Source]:
    """What the metrics of a process ask when they are asked."""
    return {"queues": partial(_queues, services.settings), "control": partial(read, services.db)}


def _queues(settings: Settings) -> Iterator[Figure]:
    seen, moment = looking.look(settings), now()
    for queue in seen.queues:
        labels, oldest = {"queue": queue.name}, queue.oldest_at
        late = (moment - oldest).total_seconds() if oldest else 0.0
        yield "rapport_queue_waiting", "Jobs that wait", labels, float(queue.depth)
        yield "rapport_queue_scheduled", "Jobs kept back until a time", labels, float(queue.scheduled)
        yield "rapport_queue_failed", "Jobs that RQ itself gave up on", labels, float(queue.failed)
        yield "rapport_queue_oldest_seconds", "How long the oldest job has waited", labels, late
    yield "rapport_workers", "Worker processes", {}, float(len(seen.workers))


def read(databases: Databases) -> Iterator[Figure]:
    """Every figure, in one transaction on the control plane."""
    with databases.control_session() as session:
        figures = [*_cells(session), *_due(session), *_failed(session), *_health(session)]
    yield from figures


def _cells(session: Session) -> Iterator[Figure]:
    counted = select(Tenant.cell, Tenant.state, func.count()).group_by(Tenant.cell, Tenant.state)
    for cell, state, count in session.execute(counted):
        yield "rapport_tenants", "Tenants by cell and state", {"cell": cell, "state": state}, float(count)
    for name, capacity in session.execute(select(Cell.name, Cell.capacity)):
        yield "rapport_cell_capacity", "Tenants a cell may hold", {"cell": name}, float(capacity)
    problems = select(func.count()).select_from(Tenant).where(Tenant.migration_problem.is_not(None))
    yield "rapport_migrations_failed", "Tenants whose migration failed", {}, float(session.scalar(problems) or 0)


def _due(session: Session) -> Iterator[Figure]:
    moment = now()
    late = select(Due.kind, func.count(), func.min(Due.run_at)).where(Due.run_at < moment).group_by(Due.kind)
    for kind, count, oldest in session.execute(late):
        labels = {"kind": kind}
        yield "rapport_due", "Tenants with something due", labels, float(count)
        yield "rapport_due_late_seconds", "How late the oldest is", labels, (moment - oldest).total_seconds()


def _failed(session: Session) -> Iterator[Figure]:
    waiting = select(func.count()).select_from(FailedJob).where(FailedJob.retried_at.is_(None))
    yield (
        "rapport_failed_jobs",
        "Jobs that failed for good and wait for a person",
        {},
        float(session.scalar(waiting) or 0),
    )


def _health(session: Session) -> Iterator[Figure]:
    row = session.execute(
        select(
            func.sum(TenantHealth.mails_queued),
            func.sum(TenantHealth.mails_unknown),
            func.sum(TenantHealth.mails_failed),
            func.sum(TenantHealth.events_waiting),
            func.sum(TenantHealth.deliveries_failed),
            func.min(TenantHealth.mails_oldest_at),
            func.min(TenantHealth.events_oldest_at),
        )
    ).one()
    *counts, mail_oldest, event_oldest = row
    for state, count in zip(("queued", "unknown", "failed"), counts[:3], strict=True):
        yield "rapport_mails_waiting", "Mails in the outboxes, as last seen", {"state": state}, float(count or 0)
    for state, count in zip(("waiting", "failed"), counts[3:], strict=True):
        yield "rapport_events_waiting", "Events in the tenants, as last seen", {"state": state}, float(count or 0)
    for name, oldest in (("mail", mail_oldest), ("event", event_oldest)):
        late = (now() - oldest).total_seconds() if oldest else 0.0
        yield "rapport_oldest_seconds", "How long the oldest has waited, as last seen", {"what": name}, late
