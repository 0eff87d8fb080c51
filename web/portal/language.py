"""The language of the pages: kept with the person who is signed in, else in the browser."""

from flask import redirect, request, session
from werkzeug.wrappers import Response

from infra.i18n import SHIPPED
from tenants import branding
from web import tenancy
from web.portal import entry
from web.portal.blueprint import blueprint


def offered() -> list[str]:
    """Languages of the tenant that the pages exist in, or all of them."""
    chosen = [code for code in branding.get_settings(tenancy.session()).languages if code in SHIPPED]
    return chosen or list(SHIPPED)


def choose() -> str | None:
    """The language that was sent, when the pages exist in it; the browser keeps it."""
    wish = request.form.get("language", "")
    if wish not in SHIPPED:
        return None
    session[entry.LANGUAGE] = wish
    return wish


def back(otherwise: str) -> Response:
    """To the page that the switch stood on."""
    return redirect(entry.inside(request.form.get("next", "")) or otherwise, 303)


@blueprint.post("/language")
def set_language() -> Response:
    """Pages and mails speak it from now on."""
    wish = choose()
    if wish is not None:
        entry.me().language = wish
    return back(entry.HOME)
