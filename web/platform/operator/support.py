"""Workspaces that let support in at present, and the way in."""

from uuid import UUID

from flask import Blueprint, redirect, render_template
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra import links
from infra.clock import now
from infra.errors import NotFound
from tenants import jobs as tenant_jobs
from tenants import support_access, support_index
from tenants.models import Tenant
from tenants.operators import audit
from tenants.operators.models import SupportOpening
from web import tenancy

blueprint = Blueprint("support", __name__)


@blueprint.get("/")
def index() -> str:
    """Living grants, the one that ends first on top."""
    query = (
        select(SupportOpening, Tenant)
        .join(Tenant, Tenant.id == SupportOpening.tenant_id)
        .where(SupportOpening.ends_at > now())
        .order_by(SupportOpening.ends_at)
    )
    found = [(row[0], row[1]) for row in tenancy.session().execute(query)]
    return render_template("platform/operator/support.html", openings=found)


@blueprint.post("/<uuid:grant_id>")
def open_workspace(grant_id: UUID) -> Response:
    """Makes a code of one use and leads to the tenant's host with it. The grant itself decides, in the tenant.

    Raises NotFound when there is none that lives; then its line goes too.
    """
    services, operator = tenancy.services(), tenancy.actor()
    opening = tenancy.session().get(SupportOpening, grant_id)
    ref = tenant_jobs.find_ref(services.db, opening.tenant_id) if opening else None
    if ref is None or operator.id is None:
        raise NotFound()
    audit.record(tenancy.session(), "support.opened", by=operator, tenant=ref.id, subject=grant_id)
    tenancy.checkpoint()
    try:
        with services.db.tenant_session(ref) as session:
            code = support_access.make_code(session, services.settings, grant_id, operator_id=operator.id)
    except NotFound:
        support_index.drop(services.db, grant_id)
        raise
    path = f"/console/support/enter/{code}?stay"
    return redirect(links.tenant_url(services.settings, ref.slug, path), 303)
