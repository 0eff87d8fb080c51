"""What every page may ask for besides what its handler gives it."""

from typing import Any

from flask import Flask, g, request

from infra.i18n import gettext
from web import auth, support
from web.platform.operator.places import PLACES
from web.tenancy import Visit


def register(app: Flask) -> None:
    """Offers `workspace_name` and `staff_name` to the layouts; public pages pay one look at the request."""
    app.context_processor(_names)
    app.jinja_env.globals.update(operator_places=PLACES)


def _names() -> dict[str, Any]:
    visit: Visit | None = getattr(request, "visit", None)
    if visit is None or visit.tenancy is None:
        operator = g.get("operator")
        return {"workspace_name": "", "support_visit": None, "operator_name": operator.name if operator else ""}
    names = {"workspace_name": visit.tenancy.name, "support_visit": support.present()}
    if names["support_visit"] is not None:
        names["staff_name"] = gettext("Support")
    if visit.actor is not None and visit.actor.kind == "staff":
        seen = auth.my_glance()
        names["staff_name"] = seen.name if seen else ""
    return names
