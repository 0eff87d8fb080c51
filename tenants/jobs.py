"""What happens by the clock: spares, sweeping every tenant for forgotten work, and sending what is due."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from infra.db import Databases, TenantRef
from infra.events.dispatch import reason_of
from infra.jobs.declared import job, spec_of
from infra.jobs.queues import valkey_errors
from infra.services import Services
from tenants import due, provisioning
from tenants.models import Tenant

log = logging.getLogger(__name__)

SWEEP_AT_ONCE = 500
SWEEP_POSITION = "rapport:sweep:position"


@dataclass(frozen=True, slots=True)
class Sweep:
    """Work that may lie forgotten in a tenant: how to see it, and the job (with its flag) that does it."""

    has_work: Callable[[Session], bool]
    job: Callable[..., Any]
    flag: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What is read in a tenant on the way, and how the control plane keeps it."""

    look: Callable[[Session], Any]
    keep: Callable[[Session, TenantRef, Any], None]


_sweeps: Sequence[Sweep] = ()
_kinds: Sequence[due.DueKind] = ()
_watches: Sequence[Watch] = ()


def configure(sweeps: Sequence[Sweep], kinds: Sequence[due.DueKind], watches: Sequence[Watch] = ()) -> None:
    """Called once by the worker's composition root."""
    global _sweeps, _kinds, _watches
    _sweeps, _kinds, _watches = sweeps, kinds, watches


@job(queue="bulk", scope="services", timeout=600)
def fill_spares(services: Services, tenant: None) -> None:
    """Keeps schemas ready for sign-ups."""
    provisioning.fill_spares(services.db, services.keys, services.settings.spare_tenants)


@job(queue="default", scope="services", timeout=300)
def sweep(services: Services, tenant: None) -> None:
    """Visits the next share of tenants, sends the jobs for work it finds there, and rebuilds their due index.

    A cell that does not answer is left alone until the next run, so that waiting for it costs the others nothing.
    """
    away: set[str] = set()
    for ref in _next_share(services):
        if ref.cell in away:
            continue
        try:
            visit(services, ref)
        except SQLAlchemyError as problem:
            if isinstance(problem, OperationalError) and getattr(problem.orig, "sqlstate", None) is None:
                away.add(ref.cell)  # no server said this
            log.warning("a tenant could not be swept", extra={"tenant": str(ref.id), "reason": reason_of(problem)})


def visit(services: Services, tenant: TenantRef) -> list[str]:
    """Looks for forgotten work in one tenant; answers the flags of the jobs it asked for."""
    with services.db.tenant_session(tenant) as session:
        found = [entry for entry in _sweeps if entry.has_work(session)]
        seen = [(watch, watch.look(session)) for watch in _watches]
    for entry in found:
        services.queues.send_once(spec_of(entry.job), tenant.id, entry.flag)
    if seen:
        with services.db.control_session() as session:
            for watch, value in seen:
                watch.keep(session, tenant, value)
    if _kinds:
        due.rebuild(services.db, tenant, _kinds)
    return [entry.flag for entry in found]


@job(queue="high", scope="services", timeout=60)
def send_due(services: Services, tenant: None) -> None:
    """Sends the jobs of everything that is due now."""
    by_name = {kind.name: kind for kind in _kinds}
    for tenant_id, name in due.take(services.db):
        kind = by_name.get(name)
        if kind is not None:
            services.queues.send_once(spec_of(kind.job), tenant_id, name)


def refs(databases: Databases, *, after: UUID | None = None, limit: int = 1_000_000) -> list[TenantRef]:
    """Active tenants in the order of their ids."""
    query = select(Tenant.id, Tenant.slug, Tenant.cell).where(Tenant.state == "active").order_by(Tenant.id)
    if after is not None:
        query = query.where(Tenant.id > after)
    with databases.control_session() as session:
        return [TenantRef(row.id, row.slug or "", row.cell) for row in session.execute(query.limit(limit))]


def _next_share(services: Services) -> list[TenantRef]:
    """The tenants after the ones of the last run, and from the start again after the last tenant."""
    connection = services.queues.connection
    with valkey_errors():
        raw = connection.get(SWEEP_POSITION)
    position = UUID(bytes=raw) if isinstance(raw, bytes) and len(raw) == 16 else None
    share = refs(services.db, after=position, limit=SWEEP_AT_ONCE)
    with valkey_errors():
        if len(share) < SWEEP_AT_ONCE:
            connection.delete(SWEEP_POSITION)
        else:
            connection.set(SWEEP_POSITION, share[-1].id.bytes)
    return share


def find_ref(databases: Databases, tenant_id: UUID) -> TenantRef | None:
    """Where an active tenant lives; None when it is suspended, closed or unknown, so that its jobs rest."""
    query = select(Tenant.id, Tenant.slug, Tenant.cell).where(Tenant.id == tenant_id, Tenant.state == "active")
    with databases.control_session() as session:
        row = session.execute(query).one_or_none()
    return TenantRef(row.id, row.slug or "", row.cell) if row else None
