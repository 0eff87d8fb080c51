"""API keys: made, shown once, limited, rotated, revoked."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.clock import now
from infra.crypto.columns import or_none
from infra.i18n import N_
from tenants import api_keys as keys
from tenants import audit
from tenants.models import ApiKey, StaffMember
from tenants.permissions import SCOPES, of_role
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.api_keys import LIFETIMES, OVERLAPS, ApiKeyForm, LimitForm, RotationForm

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
        key, secret = form.result
        return _shown_once(key, secret)
    return _page(form)


@blueprint.get("/api-keys/<uuid:key_id>")
def api_key(key_id: UUID) -> Page:
    """One key: what it may, its secrets, its limit, and what was done with it."""
    return _key_page(_the_key(key_id), Form())


@blueprint.post("/api-keys/<uuid:key_id>/limit")
def limit_api_key(key_id: UUID) -> Page:
    """Sets how much it may ask."""
    key, form = _the_key(key_id), Form.submitted(LimitForm)
    if form.attempt(lambda typed: keys.set_rate(tenancy.session(), key, by=tenancy.actor(), **typed)):
        flash(N_("The limit is saved and holds from now on."), "limit")
        return redirect(url_for(".api_key", key_id=key.id, _anchor="limit"), 303)
    return _key_page(key, form)


@blueprint.get("/api-keys/<uuid:key_id>/rotation")
def api_key_rotation(key_id: UUID) -> Page:
    """How long the new secret lives, and how long the present one stays."""
    return _rotation_page(_the_key(key_id), Form())


@blueprint.post("/api-keys/<uuid:key_id>/rotation")
def rotate_api_key(key_id: UUID) -> Page:
    """Shows the new secret, this once."""
    key, form = _the_key(key_id), Form.submitted(RotationForm)
    if form.attempt(lambda typed: keys.rotate(tenancy.session(), key, by=tenancy.actor(), **typed)):
        return _shown_once(key, form.result)
    return _rotation_page(key, form)


@blueprint.post("/api-keys/<uuid:key_id>/old-secret/end")
def end_old_secret(key_id: UUID) -> Page:
    """The secret before the last rotation opens nothing from now on."""
    key = _the_key(key_id)
    keys.end_previous(tenancy.session(), key, by=tenancy.actor())
    flash(N_("The old secret is ended. Programs that still use it are refused from now on."))
    return redirect(url_for(".api_key", key_id=key.id), 303)


@blueprint.get("/api-keys/<uuid:key_id>/revocation")
def confirm_revocation(key_id: UUID) -> str:
    """Says what will stop working."""
    return render_template("console/settings/api_key_revoke.html", key=_the_key(key_id))


@blueprint.post("/api-keys/<uuid:key_id>/revocation")
def revoke_api_key(key_id: UUID) -> Page:
    """Revokes a key for good."""
    keys.revoke(tenancy.session(), _the_key(key_id), by=tenancy.actor())
    flash(N_("The key is revoked. Programs that use it are refused from now on."))
    return redirect(url_for(".api_keys"), 303)


def state_of(key: ApiKey) -> str:
    """How a key stands: active, ending (two weeks or less), expired, or revoked."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None or key.expires_at > now() + keys.REMINDERS[0]:
        return "active"
    return "ending" if key.expires_at > now() else "expired"


def _the_key(key_id: UUID) -> ApiKey:
    return keys.get(tenancy.session(), key_id)


def _shown_once(key: ApiKey, secret: str) -> str:
    return render_template("console/settings/api_key_made.html", key=key, token=secret)


def _page(form: Form) -> tuple[str, int]:
    page = render_template(
        "console/settings/api_keys.html",
        form=form,
        keys=keys.list_all(tenancy.session()),
        scopes=[scope for scope in SCOPES if tenancy.actor().may(scope)],
        state_of=state_of,
        **_choices(),
    )
    return page, form.status


def _key_page(key: ApiKey, form: Form) -> tuple[str, int]:
    session = tenancy.session()
    maker, rotator = _member(key.created_by), _member(key.rotated_by)
    entries = audit.list_about(session, key.id)
    page = render_template(
        "console/settings/api_key.html",
        form=form,
        key=key,
        state=state_of(key),
        old_until=_old_until(key),
        maker=or_none(lambda: maker.name) if maker else None,
        rotator=or_none(lambda: rotator.name) if rotator else None,
        lost=sorted({scope for who in (maker, rotator) if who for scope in set(key.scopes) - of_role(who.role)}),
        history=audit.told(session, entries),
        bounds=(keys.FEWEST, keys.MOST),
    )
    return page, form.status


def _member(member_id: UUID | None) -> StaffMember | None:
    return tenancy.session().get(StaffMember, member_id) if member_id else None


def _rotation_page(key: ApiKey, form: Form) -> tuple[str, int]:
    page = render_template(
        "console/settings/api_key_rotation.html", form=form, key=key, old_until=_old_until(key), **_choices()
    )
    return page, form.status


def _old_until(key: ApiKey) -> object:
    """Until when the secret before opens; None when it does not."""
    until = key.previous_expires_at
    return until if until is not None and until > now() and key.revoked_at is None else None


def _choices() -> dict[str, object]:
    return {"lifetimes": LIFETIMES, "overlaps": OVERLAPS, "bounds": (keys.FEWEST, keys.MOST)}
