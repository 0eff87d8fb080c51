"""The customer pages: open or closed, and the tenant's own sentence of welcome."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from customers.portal import openid_providers, rules
from infra.i18n import N_
from infra.links import tenant_url
from tenants.domains import claims
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.portal import SettingsForm


@blueprint.get("/portal")
def portal() -> tuple[str, int]:
    """As they are."""
    return _page(Form())


@blueprint.post("/portal")
def save_portal() -> Response | tuple[str, int]:
    """Opens or closes them; closing signs everybody out."""
    form = Form.submitted(SettingsForm)
    if form.attempt(
        lambda typed: rules.save(
            tenancy.session(), by=tenancy.actor(), is_open=bool(typed["open"]), welcome=typed["welcome"]
        )
    ):
        flash(N_("The customer pages are saved."), "portal")
        return redirect(url_for(".portal", _anchor="portal"), 303)
    return _page(form)


def _page(form: Form) -> tuple[str, int]:
    db = tenancy.session()
    page = render_template(
        "console/settings/portal.html",
        form=form,
        is_open=rules.is_open(db),
        welcome=rules.welcome(db),
        providers=openid_providers.list_all(db),
        address=tenant_url(tenancy.services().settings, claims.home(db), "/portal"),
    )
    return page, form.status
