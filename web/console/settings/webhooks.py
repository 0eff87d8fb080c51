"""Webhooks: the list, a new one, one with its deliveries, and its changes."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.http import Policy
from infra.i18n import N_
from surveys.pages import decode, page
from tenants.webhooks import catalogue, deliveries, endpoints, leases
from tenants.webhooks.models import EVERY_KIND, WebhookEndpoint
from tenants.webhooks.signing import secret_of
from web import tenancy
from web.console.settings import webhook_words
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.webhooks import SINCE, DeliveryQuery, WebhookForm

Page = str | Response | tuple[str, int]

PAGE_SIZE = 25
COUNTED = 10_000
"""Deliveries are counted up to here; beyond, the page says "more than"."""


@blueprint.get("/webhooks")
def webhooks() -> str:
    """All endpoints with their state and last outcome."""
    found = endpoints.list_all(tenancy.session())
    return render_template(
        "console/settings/webhooks.html", endpoints=found, most=endpoints.MOST, words=webhook_words, host=host
    )


@blueprint.get("/webhooks/new")
def new_webhook() -> Page:
    """A form, with every event and what it tells."""
    return _form_page(Form({"kinds": [EVERY_KIND]}), None)


@blueprint.post("/webhooks")
def add_webhook() -> Page:
    """Shows the secret, this once: the page is no redirect."""
    form = Form.submitted(WebhookForm)
    session = tenancy.session()
    if form.attempt(lambda typed: endpoints.create(session, _policy(), by=tenancy.actor(), **typed)):
        return secret_page(form.result, made=True)
    return _form_page(form, None)


@blueprint.get("/webhooks/<uuid:endpoint_id>")
def webhook(endpoint_id: UUID) -> Page:
    """One endpoint with its deliveries, newest first, filtered by what stands in the address."""
    query = DeliveryQuery().load(request.args)
    return webhook_page(the_endpoint(endpoint_id), Form(), query)


@blueprint.get("/webhooks/<uuid:endpoint_id>/edit")
def edit_webhook(endpoint_id: UUID) -> Page:
    """The same form as for a new one."""
    found = the_endpoint(endpoint_id)
    values = {"url": found.url, "description": found.description, "kinds": found.kinds}
    return _form_page(Form(values), found)


@blueprint.post("/webhooks/<uuid:endpoint_id>")
def save_webhook(endpoint_id: UUID) -> Page:
    """Stores the changes."""
    form, found = Form.submitted(WebhookForm), the_endpoint(endpoint_id)
    session = tenancy.session()
    if form.attempt(lambda typed: endpoints.change(session, found, _policy(), by=tenancy.actor(), **typed)):
        flash(N_("The webhook is saved."))
        return redirect(url_for(".webhook", endpoint_id=found.id), 303)
    return _form_page(form, found)


def the_endpoint(endpoint_id: UUID) -> WebhookEndpoint:
    """The endpoint of this tenant. Raises WebhookNotFound."""
    return endpoints.get(tenancy.session(), endpoint_id)


def webhook_page(found: WebhookEndpoint, form: Form, query: dict[str, Any]) -> tuple[str, int]:
    """One endpoint's page; `form` is what was asked for and refused."""
    session, state = tenancy.session(), query["outcome"] or None
    rows = deliveries.list_deliveries(
        session, found, state=state, before=decode(query["after"]), limit=PAGE_SIZE + 1
    )
    shown = {
        "page": page(rows, PAGE_SIZE, [row.event_id for row in rows]),
        "total": deliveries.count_deliveries(session, found, state=state, most=COUNTED),
        "failed": deliveries.has_failed(session, found),
        "counted": COUNTED,
        "hours": SINCE,
        "tries": leases.MAX_ATTEMPTS,
    }
    text = render_template(
        "console/settings/webhook.html",
        endpoint=found,
        form=form,
        query=query,
        words=webhook_words,
        host=host,
        events=[catalogue.configured().by_name.get(kind) for kind in found.kinds],
        **shown,
    )
    return text, form.status


def secret_page(found: WebhookEndpoint, *, made: bool = False, rotated: bool = False) -> str:
    """The secret with what to do with it."""
    looked = not (made or rotated)
    secret = endpoints.show_secret(tenancy.session(), found, by=tenancy.actor()) if looked else secret_of(found)
    return render_template(
        "console/settings/webhook_secret.html", endpoint=found, secret=secret, made=made, rotated=rotated, host=host
    )


def host(endpoint: WebhookEndpoint) -> str:
    """What people call an endpoint that they have not described: its host."""
    return urlsplit(endpoint.url).netloc


def _policy() -> Policy:
    return Policy.of(tenancy.services().settings)


def _form_page(form: Form, found: WebhookEndpoint | None) -> tuple[str, int]:
    known = catalogue.configured()
    text = render_template(
        "console/settings/webhook_form.html",
        form=form,
        endpoint=found,
        events=known.events,
        everything=EVERY_KIND,
        host=host,
    )
    return text, form.status
