"""People: who works here, who was invited, and what each role may do."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_, SHIPPED, current_locale
from tenants import branding, invitations, people, staff
from tenants import words as role_words
from tenants.models import Invitation
from tenants.permissions import ROLES, TABLE, may_give
from web import auth, tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.people import InviteForm, PeopleQuery

Page = str | Response | tuple[str, int]


@blueprint.get("/people")
def people_list() -> Page:
    """Colleagues by name, searched and filtered by what stands in the address; invitations for who may invite."""
    query = PeopleQuery().load(request.args)
    former = query["show"] == "former" and auth.may("staff.manage")
    found = people.list_colleagues(tenancy.session(), search=query["q"], former=former)
    waiting = invitations.list_open(tenancy.session()) if auth.may("staff.manage") and not former else []
    return render_template(
        "console/settings/people.html",
        colleagues=found,
        former=former,
        query=query,
        own_id=tenancy.actor().id,
        waiting=waiting,
        is_expired=invitations.is_expired,
        role_name=role_words.role_name,
    )


@blueprint.get("/people/roles")
def roles() -> Page:
    """The table of permissions, for people."""
    return render_template(
        "console/settings/people_roles.html",
        table_of_permissions=TABLE,
        roles=ROLES,
        role_name=role_words.role_name,
        purposes=role_words.ROLE_PURPOSES,
    )


@blueprint.get("/people/invitation")
def invitation() -> Page:
    """The form for inviting somebody."""
    return _invite_page(Form({"role": "editor"}))


@blueprint.post("/people/invitation")
def invite() -> Page:
    """Invites; the mail leaves when this has been stored."""
    form = Form.submitted(InviteForm)
    if form.attempt(lambda typed: _invited(**typed)):
        flash(N_("The invitation is on its way. It is good for seven days."))
        return redirect(url_for(".people_list"), 303)
    return _invite_page(form)


@blueprint.post("/people/invitations/<uuid:invitation_id>/sending")
def resend_invitation(invitation_id: UUID) -> Page:
    """Mails the link again; its days begin anew."""
    form, found = Form(), invitations.get(tenancy.session(), invitation_id)
    if form.attempt(lambda _: invitations.resend(tenancy.session(), found, by=tenancy.actor(), locale=_language())):
        flash(N_("The invitation was sent again. It is good for another seven days."))
    else:
        _say_why_not(form)
    return redirect(url_for(".people_list"), 303)


@blueprint.post("/people/invitations/<uuid:invitation_id>/withdrawal")
def withdraw_invitation(invitation_id: UUID) -> Page:
    """Makes the link worthless."""
    form, found = Form(), invitations.get(tenancy.session(), invitation_id)
    if form.attempt(lambda _: invitations.withdraw(tenancy.session(), found, by=tenancy.actor())):
        flash(N_("The invitation is withdrawn. Its link says so."))
    else:
        _say_why_not(form)
    return redirect(url_for(".people_list"), 303)


def givable() -> list[str]:
    """The roles that the one who acts may give, the strongest first."""
    own = staff.role_of(tenancy.session(), tenancy.actor())
    return [role for role in ROLES if may_give(own, role)]


def _invited(email: str, role: str, name: str) -> Invitation:
    return invitations.invite(
        tenancy.session(),
        email=email,
        role=role,
        name=name,
        workspace=tenancy.tenancy().name,
        locale=_language(),
        by=tenancy.actor(),
    )


def _language() -> str:
    """The language of a mail to somebody we do not know: the workspace's, if we speak it, or else the sender's."""
    chosen = branding.get_settings(tenancy.session()).default_locale
    return chosen if chosen in SHIPPED else current_locale()


def _say_why_not(form: Form) -> None:
    """A verb in a list has no form of its own to stand beside: the reason stands on top of the page."""
    for sentences in form.problems.values():
        for sentence in sentences:
            flash(sentence if isinstance(sentence, str) else sentence.message, "bad")


def _invite_page(form: Form) -> tuple[str, int]:
    page = render_template(
        "console/settings/people_invite.html",
        form=form,
        roles=givable(),
        role_name=role_words.role_name,
        purposes=role_words.ROLE_PURPOSES,
    )
    return page, form.status
