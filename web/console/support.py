"""The vendor's support at the tenant's door: coming in by a code of one use, and leaving."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tenants import support_access
from web import support, tenancy

blueprint = Blueprint("support", __name__)


@blueprint.get("/enter/<code>")
def enter(code: str) -> Response:
    """Begins the visit of whoever holds the code. An old code says so."""
    visit, token = support_access.enter(tenancy.session(), tenancy.services().settings, code)
    support.begin(visit, token)
    return redirect(url_for("console.home.index"), 303)


@blueprint.post("/leave")
def leave() -> Response:
    """Ends the visit."""
    support.end()
    return redirect(url_for(".ended"), 303)


@blueprint.get("/ended")
def ended() -> str:
    """Says that the visit is over, and why that may be."""
    return render_template("console/support_ended.html")
