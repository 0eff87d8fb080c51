"""The sending job, one per tenant with something due, and the one that forgets."""

from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.jobs.declared import job, spec_of
from infra.services import Services
from tenants.webhooks import forgetting
from tenants.webhooks.sending import DUE_KIND, drain

FLAG = DUE_KIND


@job(queue="default", scope="services", timeout=120)
def send_webhooks(services: Services, tenant: TenantRef) -> None:
    """Sends what is due. The flag goes down first, so that news from now on asks again."""

    def wake() -> None:
        services.queues.send_once(spec_of(send_webhooks), tenant.id, FLAG)

    services.queues.lower_flag(FLAG, tenant.id)
    if drain(services, tenant, wake=wake):
        wake()


@job(queue="bulk")
def forget_webhooks(session: Session) -> None:
    """Deletes old deliveries, and gives up what a paused endpoint has kept for too long."""
    forgetting.forget_old(session)
