"""Single deliveries with their attempts, and sending again."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.clock import now
from infra.errors import Invalid
from infra.i18n import N_
from tenants.webhooks import catalogue, deliveries, leases
from web import tenancy
from web.console.settings import webhook_words
from web.console.settings.blueprint import blueprint
from web.console.settings.webhook_states import EVERYTHING
from web.console.settings.webhooks import host, the_endpoint, webhook_page
from web.forms import Form
from web.schemas.webhooks import ReplayForm

Page = str | Response | tuple[str, int]

NOTHING_FAILED = N_("Nothing has failed in that time.")


@blueprint.get("/webhooks/<uuid:endpoint_id>/deliveries/<uuid:event_id>")
def webhook_delivery(endpoint_id: UUID, event_id: UUID) -> Page:
    """The payload and every attempt; while it is on its way the page looks again by itself."""
    return _delivery_page(endpoint_id, event_id, Form())


@blueprint.post("/webhooks/<uuid:endpoint_id>/deliveries/<uuid:event_id>/replay")
def resend_webhook_delivery(endpoint_id: UUID, event_id: UUID) -> Page:
    """Sends one again."""
    found, form, session = the_endpoint(endpoint_id), Form(), tenancy.session()
    delivery = deliveries.get_delivery(session, found, event_id)
    if form.attempt(lambda _: deliveries.replay(session, found, delivery, by=tenancy.actor())):
        flash(N_("The delivery is being sent again."))
        return redirect(url_for(".webhook_delivery", endpoint_id=found.id, event_id=event_id), 303)
    return _delivery_page(endpoint_id, event_id, form)


@blueprint.post("/webhooks/<uuid:endpoint_id>/replays")
def resend_webhook_failures(endpoint_id: UUID) -> Page:
    """Sends everything again that failed in the chosen time."""
    found, form = the_endpoint(endpoint_id), Form.submitted(ReplayForm)
    if form.attempt(lambda typed: _replay(endpoint_id, now() - timedelta(hours=int(typed["hours"])))):
        flash(N_("What had failed is being sent again."))
        return redirect(url_for(".webhook", endpoint_id=found.id), 303)
    return webhook_page(found, form, EVERYTHING)


def _replay(endpoint_id: UUID, since: datetime) -> int:
    found = the_endpoint(endpoint_id)
    count = deliveries.replay_failed(tenancy.session(), found, since=since, by=tenancy.actor())
    if not count:
        raise Invalid(problems={"": [NOTHING_FAILED]})
    return count


def _delivery_page(endpoint_id: UUID, event_id: UUID, form: Form) -> tuple[str, int]:
    found = the_endpoint(endpoint_id)
    delivery = deliveries.get_delivery(tenancy.session(), found, event_id)
    text = render_template(
        "console/settings/webhook_delivery.html",
        endpoint=found,
        delivery=delivery,
        attempts=[{**each, "at": datetime.fromisoformat(each["at"])} for each in reversed(delivery.history)],
        on_its_way=delivery.state in ("waiting", "sending"),
        soon=delivery.next_attempt_at - now() < timedelta(minutes=1),
        tries=1 if delivery.kind == catalogue.TEST.name else leases.MAX_ATTEMPTS,
        payload=json.dumps(json.loads(delivery.payload), indent=2, ensure_ascii=False),
        message=catalogue.message_id(delivery.event_id),
        form=form,
        words=webhook_words,
        host=host,
    )
    return text, form.status
