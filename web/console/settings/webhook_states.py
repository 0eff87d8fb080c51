"""What is done to a webhook: paused, resumed, turned off, deleted, tested; its secret shown and renewed."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_
from tenants.webhooks import deliveries, endpoints
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.console.settings.webhooks import host, secret_page, the_endpoint, webhook_page
from web.forms import Form

Page = str | Response | tuple[str, int]

EVERYTHING = {"outcome": "", "after": None}


@blueprint.post("/webhooks/<uuid:endpoint_id>/pause")
def hold_webhook(endpoint_id: UUID) -> Response:
    """What happens from now on is kept for three days."""
    endpoints.pause(tenancy.session(), the_endpoint(endpoint_id), by=tenancy.actor())
    flash(N_("The webhook is paused. What happens is kept for three days."))
    return _back(endpoint_id)


@blueprint.post("/webhooks/<uuid:endpoint_id>/resumption")
def release_webhook(endpoint_id: UUID) -> Response:
    """Sends what was kept."""
    endpoints.resume(tenancy.session(), the_endpoint(endpoint_id), by=tenancy.actor())
    flash(N_("The webhook is active. What was kept is being sent."))
    return _back(endpoint_id)


@blueprint.get("/webhooks/<uuid:endpoint_id>/shutdown")
def webhook_shutdown(endpoint_id: UUID) -> str:
    """Says what turning it off means."""
    found = the_endpoint(endpoint_id)
    waiting = deliveries.count_deliveries(tenancy.session(), found, state="waiting")
    return render_template("console/settings/webhook_shutdown.html", endpoint=found, waiting=waiting, host=host)


@blueprint.post("/webhooks/<uuid:endpoint_id>/shutdown")
def turn_webhook_off(endpoint_id: UUID) -> Response:
    """Nothing is sent and nothing kept."""
    endpoints.disable(tenancy.session(), the_endpoint(endpoint_id), by=tenancy.actor())
    flash(N_("The webhook is turned off. Nothing is sent or kept."))
    return _back(endpoint_id)


@blueprint.get("/webhooks/<uuid:endpoint_id>/deletion")
def webhook_deletion(endpoint_id: UUID) -> str:
    """Says what will be lost."""
    found = the_endpoint(endpoint_id)
    session = tenancy.session()
    return render_template(
        "console/settings/webhook_deletion.html",
        endpoint=found,
        total=deliveries.count_deliveries(session, found),
        waiting=deliveries.count_deliveries(session, found, state="waiting"),
        host=host,
    )


@blueprint.post("/webhooks/<uuid:endpoint_id>/deletion")
def drop_webhook(endpoint_id: UUID) -> Response:
    """Deletes it with its deliveries."""
    endpoints.delete(tenancy.session(), the_endpoint(endpoint_id), by=tenancy.actor())
    flash(N_("The webhook is deleted."))
    return redirect(url_for(".webhooks"), 303)


@blueprint.get("/webhooks/<uuid:endpoint_id>/secret")
def webhook_secret(endpoint_id: UUID) -> str:
    """The secret; the policy wants the password typed shortly before."""
    return secret_page(the_endpoint(endpoint_id))


@blueprint.get("/webhooks/<uuid:endpoint_id>/secret/rotation")
def webhook_rotation(endpoint_id: UUID) -> str:
    """Says how the receiver changes over."""
    return render_template("console/settings/webhook_rotation.html", endpoint=the_endpoint(endpoint_id), host=host)


@blueprint.post("/webhooks/<uuid:endpoint_id>/secret/rotation")
def renew_webhook_secret(endpoint_id: UUID) -> str:
    """Shows the new secret; the page is no redirect."""
    found = the_endpoint(endpoint_id)
    endpoints.rotate_secret(tenancy.session(), found, by=tenancy.actor())
    return secret_page(found, rotated=True)


@blueprint.post("/webhooks/<uuid:endpoint_id>/tests")
def try_webhook(endpoint_id: UUID) -> Page:
    """Sends a test event and shows what becomes of it."""
    found, form = the_endpoint(endpoint_id), Form()
    if form.attempt(lambda _: deliveries.send_test(tenancy.session(), found, by=tenancy.actor())):
        return redirect(url_for(".webhook_delivery", endpoint_id=found.id, event_id=form.result.event_id), 303)
    return webhook_page(found, form, EVERYTHING)


def _back(endpoint_id: UUID) -> Response:
    return redirect(url_for(".webhook", endpoint_id=endpoint_id), 303)
