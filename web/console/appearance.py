"""Light, dark, or as the device has it: a choice of the browser, kept in a cookie, because screens differ."""

from flask import Blueprint, Flask, redirect, request
from werkzeug.wrappers import Response

from infra.i18n import N_
from web import tenancy

blueprint = Blueprint("appearance", __name__)

THEMES: tuple[tuple[str, str], ...] = (("", N_("As the device")), ("light", N_("Light")), ("dark", N_("Dark")))
YEAR = 365 * 24 * 3600
HOME = "/console/"


@blueprint.post("/appearance")
def save() -> Response:
    """Remembers the choice in this browser and shows the same page again."""
    chosen = request.form.get("theme", "")
    answer = redirect(_back(request.form.get("back", "")), 303)
    secure = tenancy.services().settings.secure
    if chosen in ("light", "dark"):
        answer.set_cookie(_cookie(secure), chosen, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
    else:
        answer.delete_cookie(_cookie(secure), secure=secure, httponly=True, samesite="Lax")
    return answer


def theme() -> str:
    """ "light" or "dark" where this browser has chosen; "" leaves it to the device."""
    for name in (_cookie(True), _cookie(False)):
        if (chosen := request.cookies.get(name, "")) in ("light", "dark"):
            return chosen
    return ""


def register(app: Flask) -> None:
    """Hands the choice to the templates."""
    app.jinja_env.globals.update(theme=theme, themes=THEMES)


def _cookie(secure: bool) -> str:
    return "__Host-theme" if secure else "theme"


def _back(path: str) -> str:
    """A page of the console; whatever else a form names is none of ours."""
    return path if path.startswith("/console/") and "\\" not in path and path.isprintable() else HOME
