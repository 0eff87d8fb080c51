"""`/webhooks`: endpoints that hear of events, what was sent to them, and sending it again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response as Reply

from infra.http import Policy
from surveys.pages import Page, decode, page
from tenants.webhooks import catalogue, deliveries, endpoints, signing
from tenants.webhooks.models import WebhookDelivery, WebhookEndpoint
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import webhook_examples as examples
from web.schemas.api import webhooks as schemas
from web.schemas.api.base import Cursors
from web.schemas.api.examples import LOCATION

blueprint = ApiBlueprint("webhooks", __name__, description="Endpoints that are told what happens.")

Answer = tuple[Any, int, dict[str, str]]

SHOWN = (
    *("id", "url", "description", "kinds", "state", "state_reason", "state_at"),
    *("failing_since", "last_outcome", "last_attempt_at", "created_at"),
)
SHOWN_DELIVERY = ("endpoint_id", "event_id", "kind", "state", "outcome", "attempts", "created_at", "finished_at")


@blueprint.get("/webhooks")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.WebhookPage, example=examples.WEBHOOK_PAGE)
def list_webhooks(query: dict[str, Any]) -> dict[str, Any]:
    """List webhooks, newest first"""
    return cursors.turn("webhooks", query, _page)


@blueprint.post("/webhooks")
@blueprint.arguments(schemas.NewWebhook, example=examples.NEW_WEBHOOK)
@blueprint.response(201, schemas.WebhookWithSecret, example=examples.WEBHOOK_WITH_SECRET, headers=LOCATION)
def create_webhook(body: dict[str, Any]) -> Answer:
    """Make a webhook

    It is active at once. Its secret is in the answer; keep it. Calls are signed by the Standard Webhooks
    specification, and tried again for about three days when they fail.
    """
    return repeatable.made(repeatable.once(lambda: _created(**body), _with_secret), "webhooks")


@blueprint.get("/webhooks/<uuid:endpoint_id>")
@blueprint.response(200, schemas.Webhook, example=examples.WEBHOOK)
def get_webhook(endpoint_id: UUID) -> dict[str, Any]:
    """Get a webhook"""
    return _shown(endpoint_id)


@blueprint.patch("/webhooks/<uuid:endpoint_id>")
@blueprint.arguments(schemas.WebhookChange, example={"kinds": ["*"]})
@blueprint.response(200, schemas.Webhook, example=examples.WEBHOOK)
def change_webhook(body: dict[str, Any], endpoint_id: UUID) -> Answer:
    """Change a webhook

    What waits is sent to the new address.
    """
    return repeatable.once(lambda: _changed(endpoint_id, **body), _shown, status=200)


@blueprint.delete("/webhooks/<uuid:endpoint_id>")
@blueprint.response(204)
def delete_webhook(endpoint_id: UUID) -> Answer:
    """Delete a webhook with its deliveries"""
    return repeatable.once(lambda: _deleted(endpoint_id), lambda _: Reply(status=204), status=204)


@blueprint.post("/webhooks/<uuid:endpoint_id>/secret")
@blueprint.response(201, schemas.WebhookWithSecret, example=examples.WEBHOOK_WITH_SECRET)
def rotate_webhook_secret(endpoint_id: UUID) -> Answer:
    """Make a new secret

    For 24 hours each call is signed with the new and with the present secret. The one before stops at once.
    """
    return repeatable.once(lambda: _rotated(endpoint_id), _with_secret)


@blueprint.post("/webhooks/<uuid:endpoint_id>/pause")
@blueprint.response(200, schemas.Webhook, example=examples.WEBHOOK)
def pause_webhook(endpoint_id: UUID) -> Answer:
    """Pause a webhook

    What happens is kept for three days. Doing it again does nothing.
    """
    return repeatable.once(lambda: _paused(endpoint_id), _shown, status=200)


@blueprint.delete("/webhooks/<uuid:endpoint_id>/pause")
@blueprint.response(200, schemas.Webhook, example=examples.WEBHOOK)
def resume_webhook(endpoint_id: UUID) -> Answer:
    """Resume a paused or disabled webhook

    What was kept is sent at once. Doing it again does nothing.
    """
    return repeatable.once(lambda: _resumed(endpoint_id), _shown, status=200)


@blueprint.post("/webhooks/<uuid:endpoint_id>/tests")
@blueprint.response(201, schemas.Delivery, example=examples.DELIVERY)
def send_webhook_test(endpoint_id: UUID) -> Answer:
    """Send a test event

    Once, also to a paused webhook. Read the delivery to see what became of it.
    """
    return repeatable.once(lambda: _tested(endpoint_id), lambda event_id: _delivery(endpoint_id, event_id))


@blueprint.get("/webhooks/<uuid:endpoint_id>/deliveries")
@blueprint.arguments(schemas.DeliveryQuery, location="query")
@blueprint.response(200, schemas.DeliveryPage, example=examples.DELIVERY_PAGE)
def list_webhook_deliveries(query: dict[str, Any], endpoint_id: UUID) -> dict[str, Any]:
    """List what was sent to a webhook, newest first

    Deliveries are kept for 30 days.
    """
    found = _get(endpoint_id)
    turned = cursors.turn(f"webhook:{found.id}", query, lambda **wanted: _delivery_page(found, **wanted))
    return {**turned, "items": [_summary(each) for each in turned["items"]]}


@blueprint.get("/webhooks/<uuid:endpoint_id>/deliveries/<uuid:event_id>")
@blueprint.response(200, schemas.Delivery, example=examples.DELIVERY)
def get_webhook_delivery(endpoint_id: UUID, event_id: UUID) -> dict[str, Any]:
    """Get a delivery with its attempts"""
    return _delivery(endpoint_id, event_id)


@blueprint.post("/webhooks/<uuid:endpoint_id>/deliveries/<uuid:event_id>/replay")
@blueprint.response(200, schemas.Delivery, example=examples.DELIVERY)
def replay_webhook_delivery(endpoint_id: UUID, event_id: UUID) -> Answer:
    """Send a delivery again

    Under the same `webhook-id`, with all its tries.
    """
    return repeatable.once(
        lambda: _replayed(endpoint_id, event_id), lambda found: _delivery(endpoint_id, found), status=200
    )


@blueprint.post("/webhooks/<uuid:endpoint_id>/replays")
@blueprint.arguments(schemas.ReplayBody, example=examples.REPLAY)
@blueprint.response(200, schemas.Replay, example=examples.REPLAYED)
def replay_webhook_failures(body: dict[str, Any], endpoint_id: UUID) -> Answer:
    """Send everything again that has failed since a moment"""
    return repeatable.once(
        lambda: _replay_all(endpoint_id, body["since"]), lambda counted: {"count": counted.int}, status=200
    )


def _get(endpoint_id: UUID) -> WebhookEndpoint:
    return endpoints.get(tenancy.session(), endpoint_id)


def _policy() -> Policy:
    return Policy.of(tenancy.services().settings)


def _shown(endpoint_id: UUID) -> dict[str, Any]:
    return _of(_get(endpoint_id))


def _of(found: WebhookEndpoint) -> dict[str, Any]:
    return {name: getattr(found, name) for name in SHOWN}


def _with_secret(endpoint_id: UUID) -> dict[str, Any]:
    found = _get(endpoint_id)
    return {**_of(found), "secret": signing.secret_of(found)}


def _created(**body: Any) -> UUID:
    return endpoints.create(tenancy.session(), _policy(), by=tenancy.actor(), **body).id


def _changed(endpoint_id: UUID, **body: Any) -> UUID:
    return endpoints.change(tenancy.session(), _get(endpoint_id), _policy(), by=tenancy.actor(), **body).id


def _deleted(endpoint_id: UUID) -> UUID:
    endpoints.delete(tenancy.session(), _get(endpoint_id), by=tenancy.actor())
    return endpoint_id


def _rotated(endpoint_id: UUID) -> UUID:
    endpoints.rotate_secret(tenancy.session(), _get(endpoint_id), by=tenancy.actor())
    return endpoint_id


def _paused(endpoint_id: UUID) -> UUID:
    endpoints.pause(tenancy.session(), _get(endpoint_id), by=tenancy.actor())
    return endpoint_id


def _resumed(endpoint_id: UUID) -> UUID:
    endpoints.resume(tenancy.session(), _get(endpoint_id), by=tenancy.actor())
    return endpoint_id


def _tested(endpoint_id: UUID) -> UUID:
    return deliveries.send_test(tenancy.session(), _get(endpoint_id), by=tenancy.actor()).event_id


def _replayed(endpoint_id: UUID, event_id: UUID) -> UUID:
    session, found = tenancy.session(), _get(endpoint_id)
    deliveries.replay(session, found, deliveries.get_delivery(session, found, event_id), by=tenancy.actor())
    return event_id


def _replay_all(endpoint_id: UUID, since: datetime) -> UUID:
    """The number, in the form of an id: what is kept of a repeated request is an id."""
    return UUID(int=deliveries.replay_failed(tenancy.session(), _get(endpoint_id), since=since, by=tenancy.actor()))


def _page(*, after: str | None, limit: int) -> Page[dict[str, Any]]:
    """There are so few that a page is cut from all of them."""
    before, found = decode(after), endpoints.list_all(tenancy.session())
    rows = [each for each in found if before is None or each.id < before][: limit + 1]
    return page([_of(each) for each in rows], limit, [each.id for each in rows])


def _delivery_page(
    found: WebhookEndpoint, *, after: str | None, limit: int, state: str | None = None
) -> Page[WebhookDelivery]:
    rows: Sequence[WebhookDelivery] = deliveries.list_deliveries(
        tenancy.session(), found, state=state, before=decode(after), limit=limit + 1
    )
    return page(rows, limit, [row.event_id for row in rows])


def _summary(row: WebhookDelivery) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in SHOWN_DELIVERY},
        "message_id": catalogue.message_id(row.event_id),
        "next_attempt_at": row.next_attempt_at if row.state == "waiting" else None,
    }


def _delivery(endpoint_id: UUID, event_id: UUID) -> dict[str, Any]:
    row = deliveries.get_delivery(tenancy.session(), _get(endpoint_id), event_id)
    attempts = [{**each, "at": datetime.fromisoformat(each["at"])} for each in row.history]
    return {**_summary(row), "payload": row.payload, "history": attempts}
