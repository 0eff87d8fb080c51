"""What somebody changes about themselves: name, language, zone, address, password; and leaving the workspace."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_, SHIPPED
from tenants import branding, offboarding, people, profile, staff
from tenants import words as role_words
from tenants.permissions import OWNER
from web import auth, tenancy
from web.auth import myself
from web.console.oneself import attempt_with_password
from web.console.settings.people_one import heirs_of
from web.forms import Form
from web.schemas.people import AddressForm, NewPasswordForm, ProfileForm

blueprint = Blueprint("profile", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("")
def index() -> Page:
    """Everything as it is."""
    return _page(Form())


@blueprint.post("")
def save() -> Page:
    """Stores name, language and zone."""
    form = Form.submitted(ProfileForm)
    if form.attempt(lambda typed: profile.change(tenancy.session(), myself(), **typed)):
        flash(N_("Your profile is saved."), "person")
        return redirect(url_for(".index", _anchor="person"), 303)
    return _page(form)


@blueprint.post("/address")
def ask_for_address() -> Page:
    """Mails a link to the new address."""
    form = Form.submitted(AddressForm)
    if attempt_with_password(
        form,
        lambda typed: profile.ask_for_address(
            tenancy.session(), myself(), email=typed["email"], password=typed["address_password"]
        ),
    ):
        flash(
            N_("A mail with a link is on its way there. Until you follow it, the old address stays."),
            "address",
        )
        return redirect(url_for(".index", _anchor="address"), 303)
    return _page(form)


@blueprint.post("/address/withdrawal")
def drop_address() -> Page:
    """Makes the mailed link worthless."""
    profile.drop_address(tenancy.session(), myself())
    flash(N_("Your address stays as it is. The link in the mail no longer works."), "address")
    return redirect(url_for(".index", _anchor="address"), 303)


@blueprint.post("/password")
def change_password() -> Page:
    """Sets the password and ends the other sessions."""
    form = Form.submitted(NewPasswordForm)
    if attempt_with_password(form, lambda typed: _changed(typed["present"], typed["password"])):
        flash(N_("Your password is changed. You were signed out everywhere else."), "password")
        return redirect(url_for(".index", _anchor="password"), 303)
    return _page(form)


@blueprint.get("/leaving")
def leaving() -> Page:
    """What leaving means, and who takes over what."""
    return _leaving_page(Form())


@blueprint.post("/leaving")
def leave() -> Page:
    """Goes, for good."""
    form = Form(request.form.to_dict())
    if form.attempt(lambda _: offboarding.leave(tenancy.session(), myself(), heirs_of(form))):
        auth.sign_out()
        flash(N_("You have left the workspace. You can no longer sign in here."))
        return redirect(url_for("console.sign_in"), 303)
    return _leaving_page(form)


def _changed(present: str, password: str) -> None:
    session, besides = tenancy.session(), auth.my_session().id
    profile.change_password(session, myself(), present=present, new=password, besides=besides)
    auth.renew()


def _page(form: Form) -> tuple[str, int]:
    session, member = tenancy.session(), myself()
    settings = branding.get_settings(session)
    page = render_template(
        "console/profile/index.html",
        form=form,
        member=member,
        settings=settings,
        languages=SHIPPED,
        zones=branding.zones(),
        waiting=profile.waiting_address(session, member),
        role_name=role_words.role_name,
        is_owner=member.role == OWNER,
    )
    return page, form.status


def _leaving_page(form: Form) -> tuple[str, int]:
    session, member = tenancy.session(), myself()
    owner = staff.owner_of(session)
    page = render_template(
        "console/profile/leaving.html",
        form=form,
        member=member,
        estate=offboarding.estate_of(session, member),
        heirs=[each for each in people.list_colleagues(session) if each.id != member.id],
        chosen=form.value("heir_surveys") or (str(owner.id) if owner else ""),
        is_owner=member.role == OWNER,
    )
    return page, form.status
