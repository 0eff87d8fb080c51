"""Checks by the clock."""

from sqlalchemy import select

from infra import dns
from infra.db import TenantRef
from infra.jobs.declared import job, spec_of
from infra.services import Services
from tenants.domains import claims, serving
from tenants.domains.checking import Checker
from tenants.models import Domain

FLAG = "domains"


@job(queue="bulk", scope="services", timeout=600)
def check_due(services: Services, tenant: TenantRef | None) -> None:
    """Checks the tenant's domains that are due."""
    if tenant is None:
        return
    checker = _checker(services, tenant)
    with checker.open() as session:
        due = claims.list_due(session)
    for domain_id in due:
        checker.check(domain_id)


@job(queue="bulk", scope="services")
def attend(services: Services, tenant: TenantRef | None) -> None:
    """Sends a check for every host whose proof nobody has looked at for days."""
    with services.db.control_session() as session:
        forgotten = serving.list_unattended(session)
    for tenant_id, host in forgotten:
        services.queues.send(spec_of(check_host), tenant_id, {"host": host})


@job(queue="bulk", scope="services")
def check_host(services: Services, tenant: TenantRef | None, host: str) -> None:
    """Checks the claim behind a host; a host without one is served no longer."""
    if tenant is None:
        return
    checker = _checker(services, tenant)
    with checker.open() as session:
        domain_id = session.scalar(select(Domain.id).where(Domain.host == host, Domain.removed_at.is_(None)))
    if domain_id is not None:
        checker.check(domain_id)
        return
    with services.db.control_session() as control:
        serving.release(control, host, tenant.id)


def _checker(services: Services, tenant: TenantRef) -> Checker:
    return Checker(
        lambda: services.db.tenant_session(tenant),
        services.db,
        services.settings,
        dns.resolver(services.settings),
        tenant,
    )
