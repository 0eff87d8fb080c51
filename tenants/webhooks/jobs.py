"""The sending job, one per tenant with something due, and the one that forgets."""

from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.jobs.declared import job, spec_of
from infra.services import Services
from tenants.webhooks import forgetting
from tenants.webhooks.sending import DUE_KIND, More, drain

FLAG = DUE_KIND
PAUSE = 1
"""Seconds until a tenant asks again for threads when there were none."""


@job(queue="default", scope="services", timeout=120)
def send_webhooks(services: Services, tenant: TenantRef) -> None:
    """Sends what is due."""

    def wake(delay: int = 0) -> None:
        services.queues.send_once(spec_of(send_webhooks), tenant.id, FLAG, delay=delay)

    more = drain(services, tenant, wake=wake)
    if more:
        wake(PAUSE if more is More.LATER else 0)


@job(queue="bulk")
def forget_webhooks(session: Session) -> None:
    """Deletes old deliveries, and gives up what a paused endpoint has kept for too long."""
    forgetting.forget_old(session)
