"""`/portal/places`: where somebody is signed in, and signing out here, there and everywhere."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from customers.portal import sessions
from customers.portal.page_parts import HOW
from infra.i18n import N_
from web import agents, tenancy
from web.portal import entry
from web.portal.blueprint import blueprint


@blueprint.get("/places")
def places() -> str:
    """The browsers, this one first."""
    found = sessions.list_living(tenancy.session(), entry.me())
    here = entry.my_session().id
    return render_template(
        "portal/places.html",
        found=sorted(found, key=lambda each: each.id != here),
        mine=here,
        device=agents.words,
        how=HOW,
        here="places",
    )


@blueprint.post("/places/<uuid:place_id>/end")
def end_place(place_id: UUID) -> Response:
    """Signs out one other browser."""
    sessions.end_one(tenancy.session(), entry.me(), place_id)
    flash(N_("That browser is signed out."))
    return redirect(url_for(".places"), 303)


@blueprint.post("/places/end")
def end_other_places() -> Response:
    """Signs out all other browsers."""
    sessions.end_all(tenancy.session(), entry.me(), besides=entry.my_session().id)
    flash(N_("All other browsers are signed out."))
    return redirect(url_for(".places"), 303)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Signs out this browser."""
    entry.let_out()
    flash(N_("You are signed out."))
    return redirect(url_for("portal.door.sign_in"), 303)
