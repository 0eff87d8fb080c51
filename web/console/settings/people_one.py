"""One colleague: their role, what they own, and removing them; and handing the workspace over."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.errors import Forbidden
from infra.i18n import N_
from tenants import offboarding, ownership, people, roles, staff
from tenants import words as role_words
from tenants.models import StaffMember
from tenants.permissions import OWNER, may_give
from web import auth, tenancy
from web.auth import myself
from web.console.oneself import attempt_with_password
from web.console.settings.blueprint import blueprint
from web.console.settings.people import givable
from web.forms import Form
from web.schemas.people import RoleForm, TransferForm

Page = str | Response | tuple[str, int]


@blueprint.get("/people/<uuid:member_id>")
def person(member_id: UUID) -> Page:
    """Who it is, and what the one who looks may do about it."""
    return _person_page(staff.get(tenancy.session(), member_id), Form())


@blueprint.post("/people/<uuid:member_id>/role")
def change_role(member_id: UUID) -> Page:
    """Gives another role; the colleague is signed out and told."""
    member = staff.get(tenancy.session(), member_id)
    form = Form.submitted(RoleForm)
    if form.attempt(lambda typed: roles.change(tenancy.session(), member, by=tenancy.actor(), **typed)):
        flash(N_("The role is changed. Your colleague was signed out and told by mail."))
        return redirect(url_for(".person", member_id=member_id), 303)
    return _person_page(member, form)


@blueprint.get("/people/<uuid:member_id>/removal")
def removal(member_id: UUID) -> Page:
    """What will happen, and who takes over what."""
    member = staff.get(tenancy.session(), member_id)
    if not _removable(member):
        raise Forbidden()
    return _removal_page(member, Form())


@blueprint.post("/people/<uuid:member_id>/removal")
def remove(member_id: UUID) -> Page:
    """Removes the colleague; what they do next finds them signed out."""
    member = staff.get(tenancy.session(), member_id)
    form = Form(request.form.to_dict())
    if form.attempt(lambda _: offboarding.remove(tenancy.session(), member, heirs_of(form), by=tenancy.actor())):
        flash(N_("Your colleague is removed. Their sessions have ended and their API keys are revoked."))
        return redirect(url_for(".people_list"), 303)
    return _removal_page(member, form)


@blueprint.get("/people/ownership")
def ownership_page() -> Page:
    """To whom the workspace could be handed over."""
    return _ownership_page(Form())


@blueprint.post("/people/ownership")
def transfer() -> Page:
    """Hands the workspace over, after the password."""
    form = Form.submitted(TransferForm)
    if attempt_with_password(form, lambda typed: _transferred(**typed)):
        flash(N_("The workspace is handed over. You are an admin now; both of you are told by mail."))
        return redirect(url_for(".people_list"), 303)
    return _ownership_page(form)


def heirs_of(form: Form) -> dict[str, UUID]:
    """Who takes over what, as chosen: fields `heir_<sort>`. What is no id is left out, and then missing."""
    found: dict[str, UUID] = {}
    for name, value in form.values.items():
        if name.startswith("heir_"):
            try:
                found[name.removeprefix("heir_")] = UUID(str(value))
            except ValueError:
                continue
    return found


def _transferred(heir: UUID, password: str) -> None:
    session = tenancy.session()
    besides = auth.my_session().id
    ownership.transfer(session, myself(), staff.get(session, heir), password=password, besides=besides)
    auth.renew()


def _removable(member: StaffMember) -> bool:
    """Whether the one who acts may remove them; the domain decides again under a lock."""
    own = staff.role_of(tenancy.session(), tenancy.actor())
    return member.role != OWNER and member.id != tenancy.actor().id and may_give(own, member.role)


def _person_page(member: StaffMember, form: Form) -> tuple[str, int]:
    session = tenancy.session()
    managed = auth.may("staff.manage") and _removable(member)
    page = render_template(
        "console/settings/person.html",
        form=form,
        colleague=people.see(session, member),
        estate=offboarding.estate_of(session, member) if auth.may("staff.manage") else None,
        managed=managed,
        oneself=member.id == tenancy.actor().id,
        roles=givable(),
        role_name=role_words.role_name,
        purposes=role_words.ROLE_PURPOSES,
    )
    return page, form.status


def _removal_page(member: StaffMember, form: Form) -> tuple[str, int]:
    session = tenancy.session()
    page = render_template(
        "console/settings/person_removal.html",
        form=form,
        member=member,
        estate=offboarding.estate_of(session, member),
        heirs=[each for each in people.list_colleagues(session) if each.id != member.id],
        chosen=form.value("heir_surveys") or str(tenancy.actor().id),
    )
    return page, form.status


def _ownership_page(form: Form) -> tuple[str, int]:
    session = tenancy.session()
    page = render_template(
        "console/settings/people_ownership.html",
        form=form,
        heirs=[each for each in people.list_colleagues(session) if each.id != tenancy.actor().id],
        role_name=role_words.role_name,
    )
    return page, form.status
