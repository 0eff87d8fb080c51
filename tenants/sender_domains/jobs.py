"""Checks by the clock: `DueKind(jobs.FLAG, claims.next_check_at, jobs.check_due)` in `worker.py`."""

from infra import dns
from infra.db import TenantRef
from infra.jobs.declared import job
from infra.services import Services
from tenants.sender_domains import checking, claims

FLAG = "sender_domains"


@job(queue="bulk", scope="services", timeout=600)
def check_senders(services: Services, tenant: TenantRef | None) -> None:
    """Checks the tenant's domains that are due, each at least daily while it is in use."""
    if tenant is None:
        return
    resolver = dns.resolver(services.settings)
    with services.db.tenant_session(tenant) as session:
        due = claims.list_due(session)
    for domain_id in due:
        checking.check(lambda: services.db.tenant_session(tenant), resolver, services.settings, domain_id)
