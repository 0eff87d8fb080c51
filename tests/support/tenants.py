"""Tenants for tests: found by slug, or opened for one test and closed again."""

import secrets
from uuid import UUID

import psycopg
from sqlalchemy import delete, select

from infra.db import TenantRef
from infra.services import Services
from tenants import provisioning
from tenants.models import AbuseReport, FailedJob, Tenant, TenantTransition
from tenants.models.control import Due


def by_slug(services: Services, slug: str) -> TenantRef:
    """A tenant of the template."""
    with services.db.control_session() as session:
        row = session.execute(select(Tenant.id, Tenant.cell).where(Tenant.slug == slug)).one()
    return TenantRef(row.id, slug, row.cell)


def open_own(services: Services, cell: str = "default") -> TenantRef:
    """A new tenant with a random slug; close it with `close_for_good`."""
    slug = "own-" + secrets.token_hex(4)
    provisioning.make_spare(services.db, services.keys, cell)
    return provisioning.open_tenant(
        services.db, slug, "Own", actor="tests", prepare=lambda session: None, cell=cell
    )


def forget_anchor(services: Services, tenant_id: UUID) -> None:
    """What only who owns the control plane can do: the tenant's audit log has no anchor any more."""
    with psycopg.connect(services.db.dsn("control", "owner")) as connection:
        connection.execute("DELETE FROM control.audit_anchors WHERE tenant_id = %s", [tenant_id])


def close_for_good(services: Services, tenant: TenantRef) -> None:
    """Closes the tenant and forgets that it was there."""
    provisioning.close(services.db, services.keys, services.storage, tenant.id, actor="tests")
    forget_anchor(services, tenant.id)
    with services.db.control_session() as session:
        for left in (FailedJob, Due):  # a worker was at it meanwhile
            session.execute(delete(left).where(left.tenant_id == tenant.id))
        session.execute(delete(AbuseReport).where(AbuseReport.tenant_id == tenant.id))
        session.execute(delete(TenantTransition).where(TenantTransition.tenant_id == tenant.id))
        session.execute(delete(Tenant).where(Tenant.id == tenant.id))
