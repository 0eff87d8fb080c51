"""Sealing within seconds of a deed, anchoring, and looking at every chain once a day."""

import logging
from datetime import timedelta

from sqlalchemy import or_, select

from infra import clock
from infra.crypto import Keys
from infra.db import Databases, TenantRef
from infra.jobs.declared import job, spec_of
from infra.services import Services
from tenants.audit import anchors, sealing, verification
from tenants.models import AuditAnchor, Tenant

log = logging.getLogger(__name__)

FLAG = "audit_seal"
ROUNDS = 20
"""Batches sealed by one job; more wait for the next."""
CHECK_EVERY = timedelta(days=1)
CHECKS_AT_ONCE = 20


@job(queue="default", scope="services", timeout=120)
def seal(services: Services, tenant: TenantRef) -> None:
    """Seals what waits in the tenant and anchors the last head."""
    more = seal_all(services.db, tenant, rounds=ROUNDS)
    anchor(services.db, services.keys, tenant)
    if more:
        services.queues.send_once(spec_of(seal), tenant.id, FLAG)


def seal_all(databases: Databases, tenant: TenantRef, *, rounds: int = 1_000_000) -> bool:
    """Seals batch after batch; True when rows may still wait."""
    for _ in range(rounds):
        with databases.tenant_session(tenant) as session:
            if sealing.seal_next(session, tenant.id) < sealing.BATCH:
                return False
    return True


def anchor(databases: Databases, keys: Keys, tenant: TenantRef, *, anew: bool = False) -> None:
    """Brings the tenant's anchor to its last head; does nothing to an anchor that the chain has left.

    `anew` sets the anchor on the chain as it is: after a restore, by a person's decision.
    """
    with databases.control_session() as control:
        present = anchors.find(control, keys, tenant.id)
    with databases.tenant_session(tenant) as session:
        wanted = anchors.advance(session, present, anew=anew)
    if wanted is None:
        return
    if anew or wanted != present:
        with databases.control_session() as control:
            anchors.store(control, keys, tenant.id, wanted, anew=anew)
    with databases.tenant_session(tenant) as session:
        sealing.note_anchored(session, wanted.number)


def check(databases: Databases, keys: Keys, tenant: TenantRef) -> verification.Report:
    """Computes the tenant's whole chain anew, and notes when and with what outcome beside its anchor.

    The anchor is read first: what is sealed meanwhile makes the chain longer than the anchor, never shorter.
    """
    with databases.control_session() as control:
        present = anchors.find(control, keys, tenant.id)
    with databases.tenant_session(tenant) as session:
        report = verification.verify(session, tenant.id, present)
    with databases.control_session() as control:
        row = control.get(AuditAnchor, tenant.id)
        if row is not None:
            row.checked_at, row.checked_entries = clock.now(), report.entries
            row.problem = report.finding.problem if report.finding else None
            row.problem_entry = report.finding.entry if report.finding else None
    if report.finding:
        log.error("an audit log is not what was sealed", extra={"problem": report.finding.problem})
    return report


@job(queue="bulk", scope="services", timeout=1800)
def check_next(services: Services, tenant: None) -> None:
    """Checks the chains that nobody has looked at for a day, a few at a time."""
    old = or_(AuditAnchor.checked_at.is_(None), AuditAnchor.checked_at < clock.now() - CHECK_EVERY)
    query = (
        select(Tenant.id, Tenant.slug, Tenant.cell)
        .join(AuditAnchor, AuditAnchor.tenant_id == Tenant.id)
        .where(Tenant.state == "active", old)
        .order_by(AuditAnchor.checked_at.nulls_first())
        .limit(CHECKS_AT_ONCE)
    )
    with services.db.control_session() as control:
        waiting = [TenantRef(row.id, row.slug or "", row.cell) for row in control.execute(query)]
    for ref in waiting:
        check(services.db, services.keys, ref)
