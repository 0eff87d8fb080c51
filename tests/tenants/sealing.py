"""Making entries and seals for tests, and what somebody can do who took over the owner of the schema."""

from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import select

from infra.db import TenantRef
from infra.services import Services
from tenants import audit
from tenants.audit import jobs as sealer
from tenants.audit import verification
from tenants.models import AuditEntry
from tenants.permissions import SYSTEM


def note(services: Services, tenant: TenantRef, count: int = 1) -> None:
    with services.db.tenant_session(tenant) as session:
        for number in range(count):
            audit.record(session, "demo.told", by=SYSTEM, subject=tenant.id, number=number)
            session.flush()


def seal(services: Services, tenant: TenantRef) -> None:
    sealer.seal(services, tenant)


def check(services: Services, tenant: TenantRef) -> verification.Report:
    return sealer.check(services.db, services.keys, tenant)


def ids_of(services: Services, tenant: TenantRef) -> list[UUID]:
    with services.db.tenant_session(tenant) as session:
        return list(session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))


def as_owner(services: Services, tenant: TenantRef, statement: str, *values: object) -> None:
    """What somebody can do who took over the owner of the schema."""
    with psycopg.connect(services.db.dsn(tenant.cell, "owner"), autocommit=True) as connection:
        connection.execute("SET ROLE rapport_owner")
        connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(tenant.schema)))
        connection.execute(statement, values)
