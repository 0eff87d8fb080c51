"""Deliveries are kept for 30 days; what waits at a paused endpoint is given up after three."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from infra.clock import now
from infra.ids import first_id_at
from tenants.webhooks.models import WebhookDelivery, WebhookEndpoint

KEPT = timedelta(days=30)
HELD = timedelta(days=3)
"""How long a paused endpoint's deliveries wait for it."""
EXPIRED = "expired"


def has_old(session: Session) -> bool:
    """Whether something is there to forget or to give up, for the sweeper."""
    at_endpoint = WebhookDelivery.endpoint_id == WebhookEndpoint.id
    found = select(WebhookDelivery.event_id).select_from(WebhookEndpoint).join(WebhookDelivery, at_endpoint)
    return session.scalar(found.where(or_(_old(), _held_too_long())).limit(1)) is not None


def forget_old(session: Session) -> None:
    """Deletes what is older than 30 days, and gives up what a paused endpoint has kept for three."""
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, _held_too_long())
        .values(state="failed", outcome=EXPIRED, finished_at=now())
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(WebhookDelivery).where(_old()).execution_options(synchronize_session=False))


def _held_too_long() -> ColumnElement[bool]:
    """Waiting for three days at an endpoint that has been paused for three days."""
    moment = now() - HELD
    paused = and_(WebhookEndpoint.state == "paused", WebhookEndpoint.state_at < moment)
    return and_(paused, WebhookDelivery.state == "waiting", WebhookDelivery.created_at < moment)


def _old() -> ColumnElement[bool]:
    """By their ids, which are in the order of their events; ids without an order seem to be of days to come."""
    moment = now() - KEPT
    outside = or_(
        WebhookDelivery.event_id < first_id_at(moment),
        WebhookDelivery.event_id > first_id_at(now() + timedelta(days=1)),
    )
    return and_(outside, WebhookDelivery.created_at < moment, WebhookDelivery.state != "sending")
