"""API keys: made, shown once, revoked."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_
from tenants import api_keys as keys
from tenants.permissions import SCOPES
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.staff import ApiKeyForm

Page = str | Response | tuple[str, int]


@blueprint.get("/api-keys")
def api_keys() -> Page:
    """All keys by their beginnings, and a form for a new one."""
    return _page(Form())


@blueprint.post("/api-keys")
def create_api_key() -> Page:
    """Shows the new key, this once: the page is no redirect, because the key is stored nowhere."""
    form = Form.submitted(ApiKeyForm)
    if form.attempt(lambda typed: keys.create(tenancy.session(), by=tenancy.actor(), **typed)):
        key, token = form.result
        return render_template("console/settings/api_key_made.html", key=key, token=token)
    return _page(form)


@blueprint.get("/api-keys/<uuid:key_id>/revocation")
def confirm_revocation(key_id: UUID) -> str:
    """Says what will stop working."""
    return render_template("console/settings/api_key_revoke.html", key=keys.get(tenancy.session(), key_id))


@blueprint.post("/api-keys/<uuid:key_id>/revocation")
def revoke_api_key(key_id: UUID) -> Page:
    """Revokes a key for good."""
    session = tenancy.session()
    keys.revoke(session, keys.get(session, key_id), by=tenancy.actor())
    flash(N_("The key is revoked. Programs that use it are refused from now on."))
    return redirect(url_for(".api_keys"), 303)


def _page(form: Form) -> tuple[str, int]:
    page = render_template(
        "console/settings/api_keys.html", form=form, keys=keys.list_all(tenancy.session()), scopes=SCOPES
    )
    return page, form.status
