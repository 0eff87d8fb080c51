"""Providers that customers sign in with: added, told of us, checked, turned on and off, removed."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers.models import OpenIdProvider
from customers.portal import openid_checks
from customers.portal import openid_providers as providers
from customers.portal.openid_calls import Calls
from customers.portal.openid_exchange import Client
from infra.http import Policy, client_for
from infra.i18n import N_
from infra.limits import Count, Limit
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.portal.openid import redirect_uri
from web.schemas.portal_providers import ClientForm, ProviderForm

Page = str | Response | tuple[str, int]

CHECKS = Limit(20, 3600)
"""Checks in an hour by one workspace: each makes three calls to a stranger."""


@blueprint.get("/portal/providers/new")
def new_provider() -> Page:
    """Which provider, and where it is."""
    kind = request.args.get("kind", "")
    known = kind in providers.KINDS
    return _new_page(Form({"kind": kind, "name": providers.NAMES.get(kind, "")} if known else {"kind": "google"}))


@blueprint.post("/portal/providers")
def add_provider() -> Page:
    """Adds it; what it has to be told stands on its page."""
    form, db = Form.submitted(ProviderForm), tenancy.session()
    if form.attempt(lambda typed: providers.add(db, _policy(), by=tenancy.actor(), **typed)):
        flash(N_("The provider is added. Make Rapport known there, then write down what it gives you."))
        return redirect(url_for(".provider", provider_id=form.result.id), 303)
    return _new_page(form)


@blueprint.get("/portal/providers/<uuid:provider_id>")
def provider(provider_id: UUID) -> Page:
    """What it has to be told, what it gave us, how the last check went, on or off."""
    return _page(providers.get(tenancy.session(), provider_id), Form())


@blueprint.post("/portal/providers/<uuid:provider_id>")
def save_provider(provider_id: UUID) -> Page:
    """Name, client id, and a secret where one is written; the secret is never shown again."""
    form, db = Form.submitted(ClientForm), tenancy.session()
    found = providers.get(db, provider_id)
    if form.attempt(lambda typed: providers.change(db, found, by=tenancy.actor(), **typed)):
        flash(N_("The provider is saved. Check it now."), "client")
        return redirect(url_for(".provider", provider_id=provider_id, _anchor="client"), 303)
    form.values.pop("secret", None)
    return _page(found, form)


@blueprint.post("/portal/providers/<uuid:provider_id>/checks")
def check_provider(provider_id: UUID) -> Page:
    """Asks the provider now; it takes seconds when that is slow, and holds no connection meanwhile."""
    db, form = tenancy.session(), Form()
    found = providers.get(db, provider_id)
    if not providers.is_known(found):
        flash(N_("Write down client id and client secret first."), "client")
        return redirect(url_for(".provider", provider_id=provider_id, _anchor="client"), 303)
    limit = Count(f"{tenancy.tenant().id}:portal:checks", CHECKS)
    if not form.attempt(lambda _: tenancy.limiter().require(limit)):
        return _page(found, form)
    client, back = Client.of(found), redirect_uri(provider_id)
    tenancy.checkpoint()
    seen = openid_checks.look(Calls(client_for(tenancy.services().settings)), client, back)
    current = providers.get(tenancy.session(), provider_id)
    if Client.of(current) == client:
        providers.note_check(tenancy.session(), current, seen.problems, seen.seen)
    return redirect(url_for(".provider", provider_id=provider_id, _anchor="check"), 303)


@blueprint.post("/portal/providers/<uuid:provider_id>/use")
def turn_provider_on(provider_id: UUID) -> Page:
    """Its button stands on the sign-in page."""
    db, form = tenancy.session(), Form()
    found = providers.get(db, provider_id)
    if form.attempt(lambda _: providers.turn_on(db, found, by=tenancy.actor())):
        flash(N_("Customers can sign in with it now."), "use")
        return redirect(url_for(".provider", provider_id=provider_id, _anchor="use"), 303)
    return _page(found, form)


@blueprint.post("/portal/providers/<uuid:provider_id>/use/removal")
def turn_provider_off(provider_id: UUID) -> Page:
    """Nobody is signed in by it any more; connected accounts are kept."""
    db = tenancy.session()
    providers.turn_off(db, providers.get(db, provider_id), by=tenancy.actor())
    flash(N_("It is switched off. Customers sign in with a code by mail."), "use")
    return redirect(url_for(".provider", provider_id=provider_id, _anchor="use"), 303)


@blueprint.get("/portal/providers/<uuid:provider_id>/removal")
def provider_removal(provider_id: UUID) -> str:
    """Says what will be lost."""
    db = tenancy.session()
    found = providers.get(db, provider_id)
    return render_template(
        "console/settings/portal_provider_removal.html", provider=found, linked=providers.count_linked(db, found)
    )


@blueprint.post("/portal/providers/<uuid:provider_id>/removal")
def remove_provider(provider_id: UUID) -> Page:
    """Forgets the provider, its secret and the accounts that were connected."""
    db = tenancy.session()
    providers.remove(db, providers.get(db, provider_id), by=tenancy.actor())
    flash(N_("The provider is removed. Customers sign in with a code by mail."), "providers")
    return redirect(url_for(".portal", _anchor="providers"), 303)


def _policy() -> Policy:
    return Policy.of(tenancy.services().settings)


def _new_page(form: Form) -> tuple[str, int]:
    return render_template("console/settings/portal_provider_new.html", form=form), form.status


def _page(found: OpenIdProvider, form: Form) -> tuple[str, int]:
    db = tenancy.session()
    problems = found.check.get("problems", [])
    page = render_template(
        "console/settings/portal_provider.html",
        provider=found,
        form=form,
        known=providers.is_known(found),
        sound=providers.is_sound(found),
        sentences=[openid_checks.SENTENCES[code] for code in problems if code in openid_checks.SENTENCES],
        seen=found.check.get("seen", ""),
        redirect_uri=redirect_uri(found.id),
        linked=providers.count_linked(db, found),
    )
    return page, form.status
