"""Support access: the tenant lets the vendor's support in for a while, sees what it did, and ends it any time."""

from collections.abc import Iterable
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra.clock import now
from infra.crypto.columns import or_none
from infra.i18n import N_
from tenants import support_access, support_index
from tenants.audit import names
from tenants.models import StaffMember
from tenants.models.support import SupportGrant
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.operators import GrantForm

Page = str | Response | tuple[str, int]


@blueprint.get("/support")
def support() -> Page:
    """All grants, the newest first, and the form for a new one."""
    return _page(Form({"allows": support_access.READ, "lasts": "24h"}))


@blueprint.post("/support")
def create_support_grant() -> Page:
    """Lets support in from now on."""
    form = Form.submitted(GrantForm)
    session, by = tenancy.session(), tenancy.actor()
    if form.attempt(lambda typed: support_access.grant(session, by=by, **typed)):
        support_index.announce(tenancy.services().db, session, form.result)
        flash(N_("Support may come in now. Everything it does is listed here."))
        return redirect(url_for(".support"), 303)
    return _page(form)


@blueprint.get("/support/<uuid:grant_id>")
def support_grant(grant_id: UUID) -> Page:
    """What was done on one grant."""
    session = tenancy.session()
    grant = support_access.get(session, grant_id)
    return render_template(
        "console/settings/support_grant.html",
        grant=grant,
        now=now(),
        deeds=support_access.list_deeds(session, grant_id),
        code_words=names.code_words,
        names=_names([grant]),
    )


@blueprint.post("/support/<uuid:grant_id>/revocation")
def revoke_support_grant(grant_id: UUID) -> Page:
    """Ends the access at once."""
    session = tenancy.session()
    grant = support_access.revoke(session, grant_id, by=tenancy.actor())
    support_index.withdraw(tenancy.services().db, session, grant)
    flash(N_("The access is revoked. Whoever was inside is out."))
    return redirect(url_for(".support"), 303)


def _page(form: Form) -> tuple[str, int]:
    session = tenancy.session()
    grants = support_access.list_grants(session)
    page = render_template(
        "console/settings/support.html",
        form=form,
        grants=grants,
        now=now(),
        visits=support_access.list_visits(session, grants),
        deeds=support_access.count_deeds(session, grants),
        names=_names(grants),
    )
    return page, form.status


def _names(grants: Iterable[SupportGrant]) -> dict[UUID | None, str | None]:
    """Who granted and revoked, by id; None for a member who was erased."""
    ids = {who for grant in grants for who in (grant.granted_by, grant.revoked_by) if who is not None}
    members = tenancy.session().scalars(select(StaffMember).where(StaffMember.id.in_(ids))).all() if ids else ()
    return {member.id: or_none(lambda member=member: member.name) for member in members}  # type: ignore[misc]
