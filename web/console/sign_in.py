"""Signing in, in one step or two, signing out, and resetting a password by mail."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from infra.errors import TooMany
from infra.i18n import N_, current_locale
from infra.limits import Count, Limit
from tenants import sign_in as signing_in
from tenants.errors import StepTwoOver
from web import auth, devices, support, tenancy
from web.forms import Form
from web.schemas.staff import CodeForm, EmailForm, PasswordForm, SignInForm
from web.visitors import refuse_after

blueprint = Blueprint("console", __name__)

EACH, CROWD = Limit(30, 3600), Limit(300, 3600)
"""Resets that one network may ask for in an hour (an office shares one), and how many make it crowded here."""

HALF = "half"
"""Where the cookie keeps half a session, between password and code."""

Page = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


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
    db, services = tenancy.session(), tenancy.services()
    if form.attempt(lambda typed: signing_in.count_attempt(db, services.keys, typed["email"], devices.caller())):
        attempt, kind = form.result, devices.kind()
        tenancy.checkpoint()
        if form.attempt(lambda typed: signing_in.sign_in(db, services.settings, attempt, device=kind, **typed)):
            return _let_in(form.result, _onward())
    return _refused("console/sign_in.html", form, onward=_onward())


@blueprint.get("/sign-in/code")
def second_step() -> Page:
    """The form for the code. Without the first step there is no second one."""
    try:
        signing_in.of_half(tenancy.session(), tenancy.services().settings, session.get(HALF, ""))
    except StepTwoOver as over:
        return _from_the_start(over)
    return _code_page(Form())


@blueprint.post("/sign-in/code")
def finish_session() -> Page:
    """Counts the attempt, commits the count, then checks the code."""
    form = Form.submitted(CodeForm)
    db, services, half = tenancy.session(), tenancy.services(), session.get(HALF, "")
    try:
        member, _ = signing_in.of_half(db, services.settings, half)
        if form.attempt(lambda typed: signing_in.count_code(db, services.keys, member, devices.caller())):
            attempt, kind = form.result, devices.kind()
            tenancy.checkpoint()
            if form.attempt(
                lambda typed: signing_in.finish(db, services.settings, attempt, half, device=kind, **typed)
            ):
                return _let_in(form.result, _onward())
    except StepTwoOver as over:
        return _from_the_start(over)
    return _code_page(form)


@blueprint.post("/sign-out")
def sign_out() -> Page:
    """Ends this browser's session."""
    support.end()
    _end_present()
    return redirect(url_for(".sign_in"), 303)


@blueprint.get("/reset")
def reset() -> str:
    """The form for a reset link."""
    return render_template("console/reset.html", form=Form())


@blueprint.post("/reset")
def request_reset() -> Page:
    """Mails a link, if the address is known; the answer is the same for every address."""
    form = Form.submitted(EmailForm)
    if form.attempt(_ask_for_reset):
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
    """Sets the password and ends every session of the member; the device is known to the account from then on."""
    form = Form.submitted(PasswordForm)
    db, settings = tenancy.session(), tenancy.services().settings
    if form.attempt(lambda typed: signing_in.reset(db, settings, token, typed["password"])):
        _end_present()
        flash(N_("Your password is changed. Sign in with the new one."))
        devices.remember(form.result)
        return redirect(url_for(".sign_in"), 303)
    return render_template("console/new_password.html", form=form, token=token), form.status


@blueprint.get("/enter/<code>")
def enter(code: str) -> Page:
    """Makes the session of whoever holds a code of one use."""
    db, settings = tenancy.session(), tenancy.services().settings
    entry = signing_in.enter(db, settings, code, device=devices.kind())
    return _let_in(entry, url_for("console.home.index"))


def _ask_for_reset(typed: dict[str, Any]) -> None:
    """A network may ask so often; a device that signed in before may go on. Nobody spends what others may ask here.

    How often one mailbox is written to is counted with the account, silently (`tenants.sign_in`).
    """
    limiter, place = tenancy.limiter(), tenancy.tenant().id.hex
    if not devices.knows(typed["email"]):
        refuse_after(limiter.take(Count(f"{place}:resets:{limiter.veiled(request.remote_addr or '')}", EACH)))
    crowded = limiter.take(Count(f"{place}:resets:all", CROWD)) > 0
    keys = tenancy.services().keys
    signing_in.request_reset(tenancy.session(), keys, locale=current_locale(), crowded=crowded, **typed)


def _let_in(entry: signing_in.Entry, onward: str) -> Response:
    """Onward with a session, or to the second step with half of one."""
    if entry.token is None:
        _end_present()
        session[HALF] = entry.half
        return redirect(url_for(".second_step", next=onward), 303)
    auth.sign_in(entry.member, entry.token)
    return redirect(onward, 303)


def _end_present() -> None:
    """Empties the cookie and ends the session it held: a copy of the cookie is worth nothing then."""
    token = auth.sign_out()
    if token:
        signing_in.sign_out(tenancy.session(), token)


def _from_the_start(over: StepTwoOver) -> Response:
    session.pop(HALF, None)
    flash(over.message, "watch")
    return redirect(url_for(".sign_in", next=_onward()), 303)


def _code_page(form: Form) -> Page:
    recovery = request.values.get("kind") == "recovery"
    return _refused("console/sign_in_code.html", form, onward=_onward(), recovery=recovery)


def _refused(template: str, form: Form, **context: object) -> Page:
    """The form again, with what was wrong; who came too often is told when to come back."""
    waits = [problem.retry_after for problem in form.problems.get("", []) if isinstance(problem, TooMany)]
    headers = {"Retry-After": str(max(waits))} if waits else {}
    return render_template(template, form=form, **context), form.status, headers


def _onward() -> str:
    """Where to go after signing in: a path of this host and nothing else."""
    wish = request.values.get("next", "")
    return inside(wish) or url_for("console.home.index")


def inside(wish: str) -> str | None:
    """The path when it is one of this host; None for whatever leads elsewhere."""
    within = wish.startswith("/") and not wish.startswith("//")
    return wish if within and wish.isprintable() and "\\" not in wish else None
