"""An operator's own account: password, recovery codes, and where they are signed in."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_
from tenants.operators import accounts, refusals, sessions, tries
from web import operators, tenancy
from web.forms import Form
from web.platform.operator.door import TOO_MANY
from web.schemas.operators import CodeForm, PasswordForm

blueprint = Blueprint("account", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/")
def index() -> Page:
    """Three sections, each with its own form."""
    return _page(Form(), Form())


@blueprint.post("/password")
def change_password() -> Page:
    """Counts the try, commits the count, then sets a new password and signs every other browser out."""
    form = Form.submitted(PasswordForm)
    mine, control, keys = operators.my_token(), tenancy.session(), tenancy.services().keys
    if _counted(form, tries.PRESENT) and form.attempt(
        lambda typed: accounts.change_password(control, keys, operators.me(), besides=mine, **typed)
    ):
        flash(N_("Your password is changed. You are signed out everywhere else."))
        return redirect(url_for(".index"), 303)
    _note_refusal(form, tries.PRESENT, "present")
    return _page(form, Form())


@blueprint.post("/recovery-codes")
def renew_codes() -> Page:
    """Counts the try, commits the count, then shows new recovery codes, this once."""
    form = Form.submitted(CodeForm)
    control, keys = tenancy.session(), tenancy.services().keys
    if _counted(form, tries.RENEWAL) and form.attempt(
        lambda typed: accounts.renew_codes(control, keys, operators.me(), **typed)
    ):
        return render_template("platform/operator/codes.html", codes=form.result)
    _note_refusal(form, tries.RENEWAL, "code")
    return _page(Form(), form)


@blueprint.post("/sessions")
def end_others() -> Response:
    """Signs every other browser out."""
    sessions.end_all(tenancy.session(), operators.me(), by=tenancy.actor(), besides=operators.my_token())
    flash(N_("You are signed out everywhere else."))
    return redirect(url_for(".index"), 303)


def _counted(form: Form, kind: str) -> bool:
    """Whether the try may be made; then it stands, whatever comes of it."""
    control, keys = tenancy.session(), tenancy.services().keys
    if not form.attempt(lambda typed: tries.count(control, keys, kind, operators.me().id)):
        return False
    tenancy.checkpoint()
    return True


def _note_refusal(form: Form, kind: str, field: str) -> None:
    """Records that the secret was wrong, or not looked at because there were too many tries."""
    stopped = form.status == TOO_MANY
    if stopped or (form.typed and field in form.problems):
        keys, who = tenancy.services().keys, operators.me()
        refusals.of_present(tenancy.session(), keys, who, kind, tenancy.actor(), stopped=stopped)
        tenancy.checkpoint()


def _page(password: Form, codes: Form) -> tuple[str, int]:
    page = render_template(
        "platform/operator/account.html",
        password=password,
        codes=codes,
        operator=operators.me(),
        sessions=sessions.list_living(tenancy.session(), operators.me()),
    )
    return page, max(password.status, codes.status)
