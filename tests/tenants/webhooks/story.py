"""What the tests of webhooks share: a tenant with endpoints, a receiver, and a worker that is told to work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import undefer

import worker
from infra import clock
from infra.db import TenantRef
from infra.events import Reactions, record
from infra.events.dispatch import drain as dispatch
from infra.http import Policy
from infra.ids import new_id
from infra.services import Services
from surveys.events import ResponseFinished
from tenants.permissions import SYSTEM
from tenants.webhooks import endpoints, forgetting
from tenants.webhooks.models import WebhookDelivery, WebhookEndpoint
from tenants.webhooks.sending import More, drain
from web import registries


@dataclass
class Workspace:
    """A tenant whose things happen, are dispatched and sent on demand."""

    services: Services
    tenant: TenantRef

    def __post_init__(self) -> None:
        registries.compose()

    def endpoint(self, url: str, *kinds: str) -> UUID:
        policy = Policy.of(self.services.settings)
        with self.services.db.tenant_session(self.tenant) as session:
            return endpoints.create(session, policy, url=url, kinds=kinds or ("*",), by=SYSTEM).id

    def happens(self, count: int = 1, dispatched: bool = True) -> list[UUID]:
        """Responses are finished, and told to the reactions."""
        with self.services.db.tenant_session(self.tenant) as session:
            found = [
                record(session, ResponseFinished(subject=new_id(), survey=new_id(), revision=1))
                for _ in range(count)
            ]
        if dispatched:
            self.dispatch()
        return found

    def dispatch(self) -> None:
        table = {ResponseFinished: [worker.webhooks.owe]}
        dispatch(self.services.db, self.tenant, Reactions(table))  # type: ignore[arg-type]

    def send(self, budget: float = 20, **options: Any) -> More:
        """As the job does, and waits for what is on its way."""
        return drain(self.services, self.tenant, wake=lambda: None, budget=budget, **options)

    def do(self, verb: Callable[..., Any], endpoint_id: UUID, **options: Any) -> Any:
        """`verb(session, endpoint, …)` in a transaction of its own."""
        with self.services.db.tenant_session(self.tenant) as session:
            return verb(session, endpoints.get(session, endpoint_id), by=SYSTEM, **options)

    def read(self, endpoint_id: UUID) -> WebhookEndpoint:
        with self.services.db.tenant_session(self.tenant) as session:
            return endpoints.get(session, endpoint_id)

    def rows(self, endpoint_id: UUID | None = None) -> list[WebhookDelivery]:
        """Deliveries in the order of their events, with their attempts."""
        query = select(WebhookDelivery).options(undefer(WebhookDelivery.history))
        if endpoint_id is not None:
            query = query.where(WebhookDelivery.endpoint_id == endpoint_id)
        with self.services.db.tenant_session(self.tenant) as session:
            return list(session.scalars(query.order_by(WebhookDelivery.event_id)))

    def waits(self) -> float:
        """Seconds until the first delivery is due."""
        moments = [row.next_attempt_at for row in self.rows() if row.state == "waiting"]
        return (min(moments) - clock.now()).total_seconds()


def forget(workspace: Workspace) -> bool:
    """As the sweeper and its job do; whether there was something."""
    with workspace.services.db.tenant_session(workspace.tenant) as session:
        found = forgetting.has_old(session)
        forgetting.forget_old(session)
    return found
