"""Where links from mails lead: joining by an invitation, and confirming an address.

Opening a link changes nothing, so that programs which look into mails may; the button on the page does.
"""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_, SHIPPED, current_locale
from tenants import invitations, profile
from tenants import words as role_words
from tenants.models import Invitation
from web import auth, tenancy
from web.forms import Form
from web.schemas.people import AcceptForm

blueprint = Blueprint("mailed", __name__)

Page = str | Response | tuple[str, int]

GONE = 410


@blueprint.get("/invitation/<token>")
def invitation(token: str) -> Page:
    """The form for joining, or what became of the invitation."""
    session, settings = tenancy.session(), tenancy.services().settings
    try:
        found = invitations.check(session, settings, token)
    except invitations.InvitationOver as over:
        return _over(over)
    return _joining(found, token, Form({"name": found.name or "", "locale": current_locale()}))


@blueprint.post("/invitation/<token>")
def accept(token: str) -> Page:
    """Joins and signs in. The other one of two who press at once is told that it is done."""
    session, settings = tenancy.session(), tenancy.services().settings
    form = Form.submitted(AcceptForm)
    try:
        found = invitations.check(session, settings, token)
        if form.attempt(lambda typed: invitations.accept(session, settings, token, **_typed(typed))):
            auth.sign_in(*form.result)
            flash(N_("Welcome. You have joined the workspace."))
            return redirect(url_for("console.home.index"), 303)
    except invitations.InvitationOver as over:
        return _over(over)
    return _joining(found, token, form)


@blueprint.get("/address/<token>")
def address(token: str) -> Page:
    """The button that confirms a new address."""
    found = profile.check_address(tenancy.session(), tenancy.services().settings, token)
    return render_template("console/profile/address.html", row=found, token=token, form=Form())


@blueprint.post("/address/<token>")
def confirm_address(token: str) -> Page:
    """From now on the new address signs in."""
    session, settings = tenancy.session(), tenancy.services().settings
    found = profile.check_address(session, settings, token)
    form = Form()
    if form.attempt(lambda _: profile.confirm_address(session, settings, token)):
        flash(N_("Your new address is confirmed. Sign in with it from now on."))
        onward = "console.profile.index" if auth.me() is not None else "console.sign_in"
        return redirect(url_for(onward), 303)
    return render_template("console/profile/address.html", row=found, token=token, form=form), form.status


def _typed(typed: dict[str, str]) -> dict[str, str]:
    """A language that we do not speak is the one the page was shown in."""
    return {**typed, "locale": typed["locale"] if typed["locale"] in SHIPPED else current_locale()}


def _joining(found: Invitation, token: str, form: Form) -> tuple[str, int]:
    page = render_template(
        "console/invitation.html",
        invitation=found,
        token=token,
        form=form,
        languages=SHIPPED,
        signed_in_as=auth.me(),
        role_name=role_words.role_name,
        purposes=role_words.ROLE_PURPOSES,
    )
    return page, form.status


def _over(over: invitations.InvitationOver) -> tuple[str, int]:
    return render_template("console/invitation_over.html", over=over), GONE
