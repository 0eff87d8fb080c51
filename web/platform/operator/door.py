"""Operators at the door: signing in with password and second factor, signing out, and setting an account up."""

import base64

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from infra import qr
from tenants import totp
from tenants.operators import accounts, refusals, sessions
from tenants.operators import sign_in as signing_in
from tenants.operators.errors import OperatorSignInRequired
from tenants.operators.models import Operator
from web import operators, tenancy
from web.forms import Form
from web.schemas.operators import CodeForm, SetUpForm, SignInForm

blueprint = Blueprint("operator", __name__)

ISSUER = "Rapport"
TOO_MANY = 429
"""What a form stands at when its try was not counted, because there had been too many."""

Page = str | Response | tuple[str, int]


@blueprint.get("/sign-in")
def sign_in() -> Page:
    """The form; whoever is signed in already goes on."""
    token = operators.my_token()
    if token and sessions.find(tenancy.session(), token):
        return redirect(_onward())
    return render_template("platform/operator/sign_in.html", form=Form(), onward=_onward())


@blueprint.post("/sign-in")
def start_session() -> Page:
    """Counts the attempt, commits the count, then checks the password; then the second factor is asked for."""
    form = Form.submitted(SignInForm)
    address = request.remote_addr or ""
    control, keys = tenancy.session(), tenancy.services().keys
    if form.attempt(lambda typed: signing_in.count_attempt(control, keys, typed["email"], address)):
        tenancy.checkpoint()
        if form.attempt(lambda typed: signing_in.check_password(control, keys, address=address, **typed)):
            session.clear()
            return operators.remember(redirect(url_for(".second_factor", next=_onward()), 303), form.result)
    if form.typed:
        refusals.at_door(control, keys, form.typed["email"], stopped=form.status == TOO_MANY)
        tenancy.checkpoint()
    return render_template("platform/operator/sign_in.html", form=form, onward=_onward()), form.status


@blueprint.get("/second-factor")
def second_factor() -> Page:
    """The form for the code."""
    if not operators.my_token():
        raise OperatorSignInRequired()
    return render_template("platform/operator/second_factor.html", form=Form(), onward=_onward())


@blueprint.post("/second-factor")
def check_second_factor() -> Page:
    """Counts the try, commits the count, then checks the code."""
    form = Form.submitted(CodeForm)
    token = operators.my_token()
    control, keys = tenancy.session(), tenancy.services().keys
    if form.attempt(lambda typed: signing_in.count_code(control, keys, token)):
        tenancy.checkpoint()
        if form.attempt(lambda typed: signing_in.finish(control, keys, token, typed["code"])):
            return operators.remember(redirect(_onward(), 303), form.result[1])
        signing_in.note_refusal(control, keys, token)
        tenancy.checkpoint()
    elif form.status == TOO_MANY:
        control.rollback()  # a try that came too early is not counted
        refusals.at_code(control, token)
        tenancy.checkpoint()
    return render_template("platform/operator/second_factor.html", form=form, onward=_onward()), form.status


@blueprint.post("/sign-out")
def sign_out() -> Page:
    """Ends this browser's session."""
    token = operators.my_token()
    if token:
        sessions.end(tenancy.session(), token)
    session.clear()
    return operators.forget(redirect(url_for(".sign_in"), 303))


@blueprint.get("/set-up/<token>")
def new_account(token: str) -> Page:
    """The form for password and second factor. An old link says so."""
    return _set_up_page(accounts.check_set_up(tenancy.session(), token), token, Form())


@blueprint.post("/set-up/<token>")
def finish_set_up(token: str) -> Page:
    """Sets the account up and shows the recovery codes, this once: no redirect, they are stored nowhere."""
    form = Form.submitted(SetUpForm)
    control, keys = tenancy.session(), tenancy.services().keys
    operator = accounts.check_set_up(control, token)
    if form.attempt(lambda typed: accounts.set_up(control, token, **typed)):
        operator, codes = form.result
        address = signing_in.veiled(keys, request.remote_addr or "")
        session.clear()
        page = render_template("platform/operator/codes.html", codes=codes)
        in_session = sessions.start(control, operator, address, whole=True)
        return operators.remember(Response(page, mimetype="text/html"), in_session)
    return _set_up_page(operator, token, form)


def _set_up_page(operator: Operator, token: str, form: Form) -> Page:
    address = totp.address(operator.totp_secret, operator.email, ISSUER)
    page = render_template(
        "platform/operator/set_up.html",
        form=form,
        token=token,
        operator=operator,
        secret=operator.totp_secret,
        picture="data:image/svg+xml;base64," + base64.b64encode(qr.svg(address)).decode(),
    )
    return page, form.status


def _onward() -> str:
    """Where to go after signing in: a page of the operators and nothing else."""
    wish = request.values.get("next", "")
    inside = wish == "/operator" or wish.startswith("/operator/")
    return wish if inside and wish.isprintable() and "\\" not in wish else url_for("operator.overview.index")
