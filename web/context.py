"""What every page may ask for besides what its handler gives it."""

from typing import Any

from flask import Flask, request

from web import auth
from web.tenancy import Visit


def register(app: Flask) -> None:
    """Offers `workspace_name` and `staff_name` to the layouts; public pages pay one look at the request."""
    app.context_processor(_names)


def _names() -> dict[str, Any]:
    visit: Visit | None = getattr(request, "visit", None)
    if visit is None or visit.tenancy is None:
        return {"workspace_name": ""}
    names = {"workspace_name": visit.tenancy.name}
    if visit.is_open and visit.actor is not None and visit.actor.kind == "staff":
        member = auth.me()
        names["staff_name"] = member.name if member else ""
    return names
