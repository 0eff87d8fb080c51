"""Colour, font, corners and logo."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_
from infra.text import FONTS, accessible
from tenants import branding
from tenants.models import TenantSettings
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.staff import LookForm

Page = str | Response | tuple[str, int]


@blueprint.get("/brand")
def brand() -> Page:
    """The brand as it is, with what was done to its colour."""
    return _page(Form())


@blueprint.post("/brand")
def save_look() -> Page:
    """Stores colour, font and corners; the page then says whether the colour had to be moved."""
    form = Form.submitted(LookForm)
    if form.attempt(lambda typed: branding.set_look(tenancy.session(), by=tenancy.actor(), **typed)):
        flash(N_("Your brand is saved. Surveys show it within a minute."), "look")
        return redirect(url_for(".brand", _anchor="look"), 303)
    return _page(form)


@blueprint.post("/brand/logo")
def save_logo() -> Page:
    """Cleans the image, stores it, then points the brand at it; no connection waits for the file store."""
    form = Form()
    tenancy.checkpoint()
    storage, tenant = tenancy.services().storage, tenancy.tenant()
    if form.attempt(lambda _: branding.store_logo(storage, tenant, _upload())):
        branding.set_logo(tenancy.session(), form.result, by=tenancy.actor())
        flash(N_("Your logo is saved. Surveys show it within a minute."), "logo")
        return redirect(url_for(".brand", _anchor="logo"), 303)
    form.problems["logo"] = form.problems.pop("")
    return _page(form)


@blueprint.post("/brand/logo/removal")
def remove_logo() -> Page:
    """Shows the name again in the logo's place."""
    branding.remove_logo(tenancy.session(), by=tenancy.actor())
    flash(N_("Your logo is removed. Surveys show your name in its place."), "logo")
    return redirect(url_for(".brand", _anchor="logo"), 303)


def _upload() -> branding.Upload:
    file = request.files.get("logo")
    return branding.Upload(file.stream if file else None)


def _page(form: Form) -> tuple[str, int]:
    settings: TenantSettings = branding.get_settings(tenancy.session())
    page = render_template(
        "console/settings/brand.html",
        form=form,
        settings=settings,
        fonts=tuple(FONTS),
        moved=accessible(settings.accent),
        moved_dark=branding.on_dark(settings),
    )
    return page, form.status
