"""The dispatch job: one per tenant with news, asked for at most once at a time."""

from infra.db import TenantRef
from infra.events import signals
from infra.events.dispatch import drain
from infra.events.reactions import Reactions
from infra.jobs.declared import job, spec_of
from infra.jobs.queues import Queues
from infra.services import Services

FLAG = "dispatch"

_reactions = Reactions({})


def configure(reactions: Reactions) -> None:
    """Called once by the worker's composition root."""
    global _reactions
    _reactions = reactions


@job(queue="high", scope="services", timeout=120)
def dispatch(services: Services, tenant: TenantRef) -> None:
    """Delivers what waits in the tenant."""
    more = drain(services.db, tenant, _reactions)
    if more:
        services.queues.send_once(spec_of(dispatch), tenant.id, FLAG)


def connect_signals(queues: Queues) -> None:
    """Signals of this process ask for a dispatch. Called once by each composition root."""
    spec = spec_of(dispatch)
    signals.configure(lambda tenants: queues.send_many_once(spec, tenants, FLAG))
