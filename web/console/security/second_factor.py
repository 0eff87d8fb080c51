"""Setting up an authenticator app, its recovery codes, and turning it off."""

import base64

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra import qr
from infra.i18n import N_
from tenants import second_factor, sign_in, throttle, totp
from web import auth, tenancy
from web.console.security.sessions import mine
from web.forms import Form
from web.schemas.staff import CodeForm, TurnOffForm

blueprint = Blueprint("second_factor", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/")
def show() -> str:
    """What it is, whether it is on, and what can be done with it."""
    db = tenancy.session()
    factor = second_factor.find(db, mine())
    return render_template(
        "console/security/second_factor.html",
        layout=_layout(),
        factor=factor,
        codes_left=len(factor.recovery_hashes) if factor else 0,
        required=second_factor.is_required(db),
    )


@blueprint.post("/app")
def offer_app() -> Response:
    """Makes the secret of a new app; the next page shows it."""
    second_factor.offer(tenancy.session(), mine())
    return redirect(url_for(".app"), 303)


@blueprint.get("/app")
def app() -> Page:
    """The QR code, the secret as text, and the field for the first code."""
    if second_factor.offered(tenancy.session(), mine()) is None:
        return redirect(url_for(".show"))
    return _app_page(Form())


@blueprint.post("/app/confirmation")
def confirm_app() -> Page:
    """Takes the app into use and shows the recovery codes, this once."""
    form = Form.submitted(CodeForm)
    db, member, living = tenancy.session(), mine(), auth.my_session()
    if second_factor.offered(db, member) is None:
        flash(second_factor.NO_OFFER, "watch")
        return redirect(url_for(".show"), 303)
    if form.attempt(lambda typed: second_factor.confirm(db, member, typed["code"], living=living)):
        auth.renew()
        return _codes_page(form.result, fresh=True)
    return _app_page(form)


@blueprint.post("/recovery-codes")
def renew_codes() -> str:
    """Ten new recovery codes in the place of the old ones."""
    return _codes_page(second_factor.renew_recovery_codes(tenancy.session(), mine()), fresh=False)


@blueprint.get("/removal")
def removal() -> Page:
    """Asks for password and code. Who has nothing to turn off, or may not, is led back."""
    db = tenancy.session()
    if second_factor.find(db, mine()) is None or second_factor.is_required(db):
        return redirect(url_for(".show"))
    return _removal_page(Form())


@blueprint.post("/removal")
def turn_off() -> Page:
    """Counts the attempt, commits the count, then checks password and code."""
    form = Form.submitted(TurnOffForm)
    db, keys, member, living = tenancy.session(), tenancy.services().keys, mine(), auth.my_session()
    if form.attempt(lambda _: sign_in.count_proof(db, keys, living, member)):
        attempt = form.result
        tenancy.checkpoint()
        if form.attempt(lambda typed: second_factor.turn_off(db, member, **typed)):
            throttle.forgive(db, attempt)
            auth.renew()
            flash(N_("The second factor is off. You sign in with your password alone."))
            return redirect(url_for("console.security.index"), 303)
    return _removal_page(form)


def _layout() -> str:
    """Who reaches nothing else yet sees no menu that leads nowhere."""
    db = tenancy.session()
    locked_out = second_factor.is_required(db) and second_factor.find(db, mine()) is None
    return "console/door.html" if locked_out else "layouts/console.html"


def _app_page(form: Form) -> tuple[str, int]:
    member = mine()
    secret = second_factor.offered(tenancy.session(), member) or ""
    address = totp.address(secret, member.email, tenancy.tenancy().name or "Rapport")
    page = render_template(
        "console/security/app.html",
        layout=_layout(),
        form=form,
        address=address,
        picture="data:image/svg+xml;base64," + base64.b64encode(qr.svg(address)).decode(),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )
    return page, form.status


def _codes_page(codes: list[str], *, fresh: bool) -> str:
    return render_template("console/security/recovery_codes.html", codes=codes, fresh=fresh)


def _removal_page(form: Form) -> tuple[str, int]:
    return render_template("console/security/removal.html", form=form), form.status
