"""Telling a workspace, in its own audit log, that an operator suspended or reopened it.

The deed stands in the control plane and the log in the tenant, and no transaction spans both. So the deed's own row
says whether the workspace was told (`told_at`), and telling is a step that can be taken up again: whoever is killed
between the two leaves the row untold, and the next one finds the entry in the log instead of writing a second.
"""

import logging
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from infra import clock
from infra.db import Databases, TenantRef
from infra.events.dispatch import reason_of
from infra.jobs.declared import TEMPORARY, job
from infra.services import Services
from tenants import audit
from tenants.audit.names import CODES
from tenants.models import AuditEntry, Tenant, TenantTransition
from tenants.permissions import Actor

CAUSES: Mapping[str, str] = {code: words for (name, code), words in CODES.items() if name == "cause"}
"""Why an operator did it, as the workspace reads it; what else they typed stays in the control plane."""
ACTOR = "operator "
"""How transitions name an operator: this, and the id."""
SUSPENDED, REOPENED = "workspace.suspended", "workspace.reopened"
AT_ONCE = 200

log = logging.getLogger(__name__)


@job(queue="default", scope="services", timeout=300)
def tell_tenants(services: Services, tenant: TenantRef | None) -> None:
    """Tells every workspace what it has not been told, the oldest first. A cell that is away is tried next time."""
    away: set[str] = set()
    for transition, ref in untold(services.db):
        if ref.cell in away:
            continue
        try:
            tell(services.db, transition, ref)
        except TEMPORARY as problem:
            away.add(ref.cell)
            log.warning("a tenant could not be told", extra={"tenant": str(ref.id), "reason": reason_of(problem)})


def untold(databases: Databases) -> list[tuple[TenantTransition, TenantRef]]:
    """Deeds of operators that their workspaces' logs do not hold yet; of workspaces that have a schema still."""
    query = (
        select(TenantTransition, Tenant.slug, Tenant.cell)
        .join(Tenant, Tenant.id == TenantTransition.tenant_id)
        .where(
            TenantTransition.cause.is_not(None),
            TenantTransition.told_at.is_(None),
            Tenant.state.in_(("active", "suspended")),
        )
        .order_by(TenantTransition.id)
        .limit(AT_ONCE)
    )
    with databases.control_session() as control:
        rows = control.execute(query).all()
    return [(row[0], TenantRef(row[0].tenant_id, row.slug or "", row.cell)) for row in rows]


def tell(databases: Databases, transition: TenantTransition, ref: TenantRef) -> None:
    """Two transactions, in the tenant and then in the control plane. Safe to repeat and to do twice at once."""
    with databases.tenant_session(ref) as session:
        session.execute(select(func.pg_advisory_xact_lock(transition.id.int & (2**63 - 1))))
        if not _is_told(session, transition):
            audit.record(
                session,
                SUSPENDED if transition.state == "suspended" else REOPENED,
                by=Actor("operator", operator_of(transition)),
                cause=transition.cause,
                happened_at=transition.at,
                transition=transition.id,
            )
    with databases.control_session() as control:
        control.execute(
            update(TenantTransition)
            .where(TenantTransition.id == transition.id, TenantTransition.told_at.is_(None))
            .values(told_at=clock.now())
        )


def operator_of(transition: TenantTransition) -> UUID | None:
    """Whose deed a transition was, when it was an operator's."""
    kind, _, rest = transition.actor.partition(" ")
    return UUID(rest) if kind == ACTOR.strip() and len(rest) == 36 else None


def _is_told(session: Session, transition: TenantTransition) -> bool:
    told = exists().where(
        AuditEntry.action.in_((SUSPENDED, REOPENED)),
        AuditEntry.data["transition"].astext == str(transition.id),
    )
    return bool(session.scalar(select(told)))
