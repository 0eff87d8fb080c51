"""`/portal/data/erasure`: what being deleted means, the request, how it stands, and taking it back."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from customers.portal import erasure as requests
from customers.portal.errors import ErasureNotOpen
from customers.portal.page_parts import ERASURE_STATES
from infra.i18n import N_
from web import tenancy
from web.portal import entry
from web.portal.blueprint import blueprint


@blueprint.get("/data/erasure")
def erasure() -> str:
    """Says what will happen; or how the request stands."""
    db, person = tenancy.session(), entry.me()
    return render_template(
        "portal/erasure.html",
        latest=requests.latest(db, person),
        days=requests.ANSWERED_WITHIN.days,
        states=ERASURE_STATES,
        here="data",
    )


@blueprint.post("/data/erasure")
def ask_for_erasure() -> Response:
    """Asks; asking again is the same request."""
    requests.request(tenancy.session(), entry.me())
    flash(N_("Your request has arrived."))
    return redirect(url_for(".erasure"), 303)


@blueprint.post("/data/erasure/withdrawal")
def withdraw_erasure() -> Response:
    """Takes it back."""
    try:
        requests.withdraw(tenancy.session(), entry.me())
    except ErasureNotOpen as refusal:
        flash(refusal.message)
    else:
        flash(N_("Your request is taken back. Nothing is deleted."))
    return redirect(url_for(".erasure"), 303)
