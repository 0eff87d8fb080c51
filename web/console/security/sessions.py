"""Where somebody is signed in, ending that elsewhere, and typing the password again."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.errors import NotFound
from infra.i18n import N_
from tenants import second_factor, sessions
from tenants.errors import SignInRequired
from tenants.models import StaffMember
from web import agents, auth, tenancy
from web import proof as proofs
from web.console.sign_in import inside
from web.forms import Form

blueprint = Blueprint("security", __name__)

Page = str | Response | tuple[str, int]


def mine() -> StaffMember:
    """The one who is signed in; the policy lets nobody else come here."""
    member = auth.me()
    if member is None:
        raise SignInRequired()
    return member


@blueprint.get("/")
def index() -> str:
    """Second factor and sessions at a glance."""
    db, member = tenancy.session(), mine()
    return render_template(
        "console/security/index.html",
        factor=second_factor.find(db, member),
        required=second_factor.is_required(db),
        sessions=sessions.list_living(db, member),
        present=auth.my_session(),
        device_words=agents.words,
    )


@blueprint.post("/sessions/<uuid:session_id>/end")
def end_session(session_id: UUID) -> Response:
    """Signs one browser out; for this one there is "Sign out"."""
    if session_id == auth.my_session().id:
        raise NotFound()
    sessions.end_one(tenancy.session(), mine(), session_id, by=tenancy.actor())
    flash(N_("That browser is signed out."), "sessions")
    return redirect(url_for(".index", _anchor="sessions"), 303)


@blueprint.post("/sessions/end")
def end_other_sessions() -> Response:
    """Signs every other browser out, and gives this one a new token."""
    sessions.end_all(tenancy.session(), mine(), by=tenancy.actor(), besides=auth.my_session().id)
    auth.renew()
    flash(N_("You are signed out everywhere else."), "sessions")
    return redirect(url_for(".index", _anchor="sessions"), 303)


@blueprint.get("/proof")
def proof() -> Page:
    """Asks for the password before a page that wants it fresh."""
    onward = _onward()
    return redirect(onward) if auth.confirmed() else _question(Form(), onward)


@blueprint.post("/proof")
def check_proof() -> Page:
    """Back to where they were going, when it was the password."""
    form, onward = Form(), _onward()
    typed = request.form.get(proofs.FIELD, "")
    if proofs.check(tenancy.visit(), mine(), auth.my_session(), form, typed):
        back = proofs.page_of_file(onward)
        return redirect(onward if back is None else url_for(".download", next=onward), 303)
    return _question(form, onward)


@blueprint.get("/download")
def download() -> Page:
    """Starts a file that the question stood before, and stays, with the way back."""
    onward = _onward()
    back = proofs.page_of_file(onward)
    if back is None:
        return redirect(onward)
    return render_template("console/security/download.html", onward=onward, back=back)


def _onward() -> str:
    return inside(request.values.get("next", "")) or url_for(".index")


def _question(form: Form, onward: str) -> tuple[str, int]:
    page = render_template(
        "console/security/proof.html",
        form=form,
        member=mine(),
        action=url_for(".check_proof"),
        carried=[("next", onward)],
        keeps=False,
        field_name=proofs.FIELD,
    )
    return page, form.status
