"""Signing in and out of a workspace, and resetting a password by mail."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_, current_locale
from infra.limits import Count, Limit
from tenants import sign_in as signing_in
from tenants.models import StaffMember
from web import auth, tenancy
from web.forms import Form
from web.schemas.staff import EmailForm, PasswordForm, SignInForm

blueprint = Blueprint("console", __name__)

RESETS = Limit(60, 3600)
"""Resets that one network address may ask for; an office shares one."""

Page = str | Response | tuple[str, int]


@blueprint.get("/sign-in")
def sign_in() -> Page:
    """The form; whoever is signed in already goes on."""
    if auth.me() is not None:
        return redirect(_onward())
    return render_template("console/sign_in.html", form=Form(), onward=_onward())


@blueprint.post("/sign-in")
def start_session() -> Page:
    """Counts the attempt, commits the count, then checks the password."""
    form = Form.submitted(SignInForm)
    session, keys = tenancy.session(), tenancy.services().keys
    if form.attempt(
        lambda typed: signing_in.count_attempt(session, keys, typed["email"], request.remote_addr or "")
    ):
        tenancy.checkpoint()
        if form.attempt(lambda typed: signing_in.sign_in(session, keys, **typed)):
            return _let_in(form.result, _onward())
    return render_template("console/sign_in.html", form=form, onward=_onward()), form.status


@blueprint.post("/sign-out")
def sign_out() -> Page:
    """Ends this browser's session."""
    token = auth.sign_out()
    if token:
        signing_in.sign_out(tenancy.session(), token)
    return redirect(url_for(".sign_in"), 303)


@blueprint.get("/reset")
def reset() -> str:
    """The form for a reset link."""
    return render_template("console/reset.html", form=Form())


@blueprint.post("/reset")
def request_reset() -> Page:
    """Mails a link, if the address is known; the answer is the same for every address."""
    form = Form.submitted(EmailForm)
    keys = tenancy.services().keys
    if form.attempt(_count_visitor) and form.attempt(
        lambda typed: signing_in.request_reset(tenancy.session(), keys, locale=current_locale(), **typed)
    ):
        return redirect(url_for(".reset_sent"), 303)
    return render_template("console/reset.html", form=form), form.status


@blueprint.get("/reset/sent")
def reset_sent() -> str:
    """Look into your mailbox."""
    return render_template("console/reset_sent.html")


@blueprint.get("/reset/<token>")
def new_password(token: str) -> str:
    """The form for the new password. An old link says so."""
    signing_in.check_reset(tenancy.session(), tenancy.services().settings, token)
    return render_template("console/new_password.html", form=Form(), token=token)


@blueprint.post("/reset/<token>")
def set_password(token: str) -> Page:
    """Sets the password and ends every session of the member."""
    form = Form.submitted(PasswordForm)
    session, settings = tenancy.session(), tenancy.services().settings
    if form.attempt(lambda typed: signing_in.reset(session, settings, token, typed["password"])):
        auth.sign_out()
        flash(N_("Your password is changed. Sign in with the new one."))
        return redirect(url_for(".sign_in"), 303)
    return render_template("console/new_password.html", form=form, token=token), form.status


@blueprint.get("/enter/<code>")
def enter(code: str) -> Page:
    """Makes the session of whoever holds a code of one use."""
    session, settings = tenancy.session(), tenancy.services().settings
    return _let_in(signing_in.enter(session, settings, code), url_for("console.home.index"))


def _count_visitor(typed: object) -> None:
    """Each reset asked for is a row that a mail may come from; one address on the net may not ask without end."""
    limiter, tenant = tenancy.limiter(), tenancy.tenant()
    limiter.require(Count(f"{tenant.id.hex}:resets:{limiter.veiled(request.remote_addr or '')}", RESETS))


def _let_in(who: tuple[StaffMember, str], onward: str) -> Response:
    auth.sign_in(*who)
    return redirect(onward, 303)


def _onward() -> str:
    """Where to go after signing in: a path of this host and nothing else."""
    wish = request.values.get("next", "")
    inside = wish.startswith("/") and not wish.startswith("//")
    printable = wish.isprintable() and "\\" not in wish
    return wish if inside and printable else url_for("console.home.index")
