"""Languages that customers are asked in, and the zone in which days begin."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_
from tenants import branding
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.staff import LanguagesForm, ZoneForm

Page = str | Response | tuple[str, int]


@blueprint.get("/languages")
def languages() -> Page:
    """Both as they are."""
    return _page(Form())


@blueprint.post("/languages")
def save_languages() -> Page:
    """Stores the languages."""
    form = Form.submitted(LanguagesForm)
    if form.attempt(lambda typed: branding.set_languages(tenancy.session(), by=tenancy.actor(), **typed)):
        flash(N_("The languages are saved."), "languages")
        return redirect(url_for(".languages", _anchor="languages"), 303)
    return _page(form)


@blueprint.post("/zone")
def save_zone() -> Page:
    """Stores the zone."""
    form = Form.submitted(ZoneForm)
    if form.attempt(lambda typed: branding.set_zone(tenancy.session(), by=tenancy.actor(), **typed)):
        flash(N_("The time zone is saved. Figures are counted anew by its days within a few minutes."), "zone")
        return redirect(url_for(".languages", _anchor="zone"), 303)
    return _page(form)


def _page(form: Form) -> tuple[str, int]:
    page = render_template(
        "console/settings/languages.html",
        form=form,
        settings=branding.get_settings(tenancy.session()),
        known=branding.SURVEY_LANGUAGES,
        zones=branding.zones(),
    )
    return page, form.status
