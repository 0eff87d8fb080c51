"""Deliveries: owed by a reaction, listed, tested and sent again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from infra.clock import now
from infra.events import RecordedEvent
from infra.ids import first_id_at, new_id, time_beside
from infra.jobs import enqueue
from tenants import audit
from tenants.permissions import Actor
from tenants.webhooks.catalogue import TEST, configured
from tenants.webhooks.errors import DeliveryNotFound, StillOnItsWay, TooManyTests, WebhookNotActive
from tenants.webhooks.jobs import FLAG, send_webhooks
from tenants.webhooks.models import EVERY_KIND, WebhookDelivery, WebhookEndpoint

TESTS_AT_ONCE = 3

STATES = ("waiting", "delivered", "failed")
"""What lists are filtered by; `sending` counts as waiting."""


def owe(session: Session, events: Sequence[RecordedEvent]) -> None:
    """The reaction to every public event: one delivery for each endpoint that wants to hear of it."""
    wanting = session.execute(
        select(WebhookEndpoint.id, WebhookEndpoint.kinds).where(WebhookEndpoint.state != "disabled")
    ).all()
    owed = [row for event in events for row in _owed(event, wanting)]
    if not owed:
        return
    session.execute(insert(WebhookDelivery).on_conflict_do_nothing(), owed)
    enqueue(session, send_webhooks, once=FLAG)


def list_deliveries(
    session: Session, endpoint: WebhookEndpoint, *, state: str | None = None, before: UUID | None = None, limit: int
) -> Sequence[WebhookDelivery]:
    """Up to `limit` deliveries, the newest event first; `before` is the event of the last one seen."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id)
    if state is not None:
        query = query.where(_in_state(state))
    if before is not None:
        query = query.where(WebhookDelivery.event_id < before)
    return session.scalars(query.order_by(WebhookDelivery.event_id.desc()).limit(limit)).all()


def count_deliveries(
    session: Session, endpoint: WebhookEndpoint, *, state: str | None = None, most: int = 10_000
) -> int:
    """How many there are, counted up to `most`."""
    found = select(WebhookDelivery.event_id).where(WebhookDelivery.endpoint_id == endpoint.id)
    if state is not None:
        found = found.where(_in_state(state))
    return session.scalar(select(func.count()).select_from(found.limit(most).subquery())) or 0


def has_failed(session: Session, endpoint: WebhookEndpoint) -> bool:
    """Whether something has failed that could be sent again; test events are not."""
    failed = select(WebhookDelivery.event_id).where(
        WebhookDelivery.endpoint_id == endpoint.id,
        WebhookDelivery.state == "failed",
        WebhookDelivery.kind != TEST.name,
    )
    return session.scalar(failed.limit(1)) is not None


def get_delivery(session: Session, endpoint: WebhookEndpoint, event_id: UUID) -> WebhookDelivery:
    """A delivery with its attempts. Raises DeliveryNotFound."""
    found = session.get(
        WebhookDelivery, (endpoint.id, event_id), options=[undefer(WebhookDelivery.history)], populate_existing=True
    )
    if found is None:
        raise DeliveryNotFound()
    return found


def replay(session: Session, endpoint: WebhookEndpoint, delivery: WebhookDelivery, *, by: Actor) -> None:
    """Sends one again under its id, with all its tries. Raises WebhookNotActive and StillOnItsWay."""
    _require_active(endpoint)
    session.refresh(delivery, with_for_update=True)
    if delivery.state not in ("delivered", "failed"):
        raise StillOnItsWay()
    _again(session, endpoint, WebhookDelivery.event_id == delivery.event_id)
    session.refresh(delivery)
    audit.record(session, "webhook.replayed", by=by, subject=endpoint.id, count=1, delivery=delivery.event_id)


def replay_failed(session: Session, endpoint: WebhookEndpoint, *, since: datetime, by: Actor) -> int:
    """Sends everything again that has failed and happened since; answers how many. Raises WebhookNotActive."""
    _require_active(endpoint)
    failed = and_(
        WebhookDelivery.state == "failed",
        WebhookDelivery.event_id >= first_id_at(since),
        WebhookDelivery.kind != TEST.name,
    )
    count = _again(session, endpoint, failed)
    if count:
        audit.record(session, "webhook.replayed", by=by, subject=endpoint.id, count=count, since=since)
    return count


def send_test(session: Session, endpoint: WebhookEndpoint, *, by: Actor) -> WebhookDelivery:
    """Owes a test event, which is sent once, also to a paused endpoint. Raises TooManyTests."""
    on_their_way = and_(_in_state("waiting"), WebhookDelivery.kind == TEST.name)
    count = select(func.count()).where(WebhookDelivery.endpoint_id == endpoint.id, on_their_way)
    if (session.scalar(count) or 0) >= TESTS_AT_ONCE:
        raise TooManyTests(retry_after=15)
    event = RecordedEvent(new_id(), TEST.event.kind, endpoint.id, {}, now())
    delivery = WebhookDelivery(
        endpoint_id=endpoint.id, event_id=event.id, kind=TEST.name, payload=TEST.payload(event)
    )
    session.add(delivery)
    session.flush()
    audit.record(session, "webhook.tested", by=by, subject=endpoint.id)
    enqueue(session, send_webhooks, once=FLAG)
    return delivery


def _owed(event: RecordedEvent, wanting: Sequence[Any]) -> list[dict[str, Any]]:
    public = configured().find(event.kind)
    if public is None:
        return []
    moment = time_beside(event.id, now())
    row = {"event_id": event.id, "kind": public.name, "payload": public.payload(event), "created_at": moment}
    fresh = {"state": "waiting", "attempts": 0, "next_attempt_at": moment, "history": []}
    return [
        {"endpoint_id": endpoint_id, **row, **fresh}
        for endpoint_id, kinds in wanting
        if EVERY_KIND in kinds or public.name in kinds
    ]


def _again(session: Session, endpoint: WebhookEndpoint, which: ColumnElement[bool]) -> int:
    done = session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint.id, which)
        .values(state="waiting", attempts=0, next_attempt_at=now(), finished_at=None)
        .returning(WebhookDelivery.event_id)
        .execution_options(synchronize_session=False)
    ).all()
    if done:
        enqueue(session, send_webhooks, once=FLAG)
    return len(done)


def _require_active(endpoint: WebhookEndpoint) -> None:
    if endpoint.state != "active":
        raise WebhookNotActive()


def _in_state(state: str) -> ColumnElement[bool]:
    if state == "waiting":
        return WebhookDelivery.state.in_(("waiting", "sending"))
    return WebhookDelivery.state == state
