"""Settings › Security: whether everybody needs a second factor, who lacks one, and resetting a colleague's."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_
from tenants import second_factor, staff
from tenants.permissions import OWNER
from web import tenancy
from web.console.security.sessions import mine
from web.console.settings.blueprint import blueprint
from web.forms import Form

Page = str | Response | tuple[str, int]


@blueprint.get("/security")
def security() -> Page:
    """The rule, and everybody with what they have."""
    return _page(Form())


@blueprint.post("/security")
def save_security() -> Page:
    """Asks everybody for a second factor, or no longer."""
    form, wanted = Form(), request.form.get("required") == "yes"
    if form.attempt(lambda _: second_factor.set_required(tenancy.session(), wanted, by=tenancy.actor())):
        flash(_SAID[wanted], "rule")
        return redirect(url_for(".security", _anchor="rule"), 303)
    return _page(form)


@blueprint.get("/security/<uuid:member_id>/second-factor/removal")
def second_factor_removal(member_id: UUID) -> str:
    """Says what resetting does."""
    member = staff.get(tenancy.session(), member_id)
    return render_template("console/settings/second_factor_removal.html", member=member)


@blueprint.post("/security/<uuid:member_id>/second-factor/removal")
def reset_second_factor(member_id: UUID) -> Response:
    """Takes it from a colleague whose phone is gone; they are told by mail."""
    db = tenancy.session()
    second_factor.reset(db, staff.get(db, member_id), by=tenancy.actor())
    flash(
        N_("The second factor is reset. Your colleague is told by mail and signs in with the password."), "people"
    )
    return redirect(url_for(".security", _anchor="people"), 303)


RESET = N_("The second factor is reset. Your colleague is told by mail and signs in with the password.")

_SAID = {
    True: N_("From now on everybody needs a second factor. Who has none sets it up at the next click."),
    False: N_("The second factor is everybody's own choice again."),
}


def _page(form: Form) -> tuple[str, int]:
    db = tenancy.session()
    page = render_template(
        "console/settings/security.html",
        form=form,
        required=second_factor.is_required(db),
        own=second_factor.find(db, mine()),
        colleagues=second_factor.list_colleagues(db),
        owner=OWNER,
    )
    return page, form.status
