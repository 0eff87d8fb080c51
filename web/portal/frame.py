"""What every customer page shows besides its own matter: brand, languages, who is signed in."""

from typing import Any

from flask import Flask, request

from infra.i18n import current_locale
from tenants import branding
from web import tenancy
from web.portal import entry, language
from web.public.surveys.pages import Brand, assets, static


def register(app: Flask) -> None:
    """Makes `portal_frame()` known to the layout in `portal/layout.html`."""
    app.jinja_env.globals.update(portal_frame=frame)


def frame() -> dict[str, Any]:
    """For the layout of these pages, with the transaction still open."""
    settings = branding.get_settings(tenancy.session())
    logo = f"/brand/logo?v={settings.version}" if settings.logo_key else ""
    return {
        "brand": Brand(tenancy.tenancy().name, settings.version, logo),
        "assets": assets(),
        "css": static("survey/portal.css"),
        "lang": current_locale(),
        "languages": language.offered(),
        "signed_in": entry.find() is not None,
        "path": request.full_path.rstrip("?") if request.method == "GET" else entry.HOME,
    }
