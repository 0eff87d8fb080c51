"""Workspaces: found, looked at, suspended and reopened."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from infra.errors import NotFound
from infra.i18n import N_, gettext
from tenants import jobs as tenant_jobs
from tenants.operators import cells, telling, workspaces
from tenants.operators import jobs as operator_jobs
from tenants.operators.workspaces import Filters
from web import tenancy
from web.forms import Form
from web.platform.operator import names
from web.schemas.operators import ReopeningForm, SuspensionForm, TenantsQuery

blueprint = Blueprint("tenants", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/")
def index() -> Page:
    """All workspaces, narrowed by words, state and cell."""
    try:
        query = TenantsQuery().load(request.args)
    except ValidationError:
        query = TenantsQuery().load({})
    filters = Filters(
        query["q"], query["state"], query["cell"], query["domains"] == "failing", query["log"] == "broken"
    )
    control = tenancy.session()
    return render_template(
        "platform/operator/tenants.html",
        query=query,
        found=workspaces.list_tenants(control, filters, before=query["after"]),
        cells=[cell.name for cell in cells.list_cells(control)],
        states=workspaces.STATES,
    )


@blueprint.get("/<uuid:tenant_id>")
def detail(tenant_id: UUID) -> Page:
    """One workspace with what the control plane knows of it."""
    return _detail_page(tenant_id)


@blueprint.post("/<uuid:tenant_id>/look")
def look(tenant_id: UUID) -> Page:
    """Counts anew in this one workspace, as the sweeper does in turn for all."""
    services = tenancy.services()
    ref = tenant_jobs.find_ref(services.db, workspaces.get(tenancy.session(), tenant_id).id)
    if ref is None:
        raise NotFound()
    operator_jobs.look_now(services, ref)
    flash(N_("Counted anew just now."))
    return redirect(url_for(".detail", tenant_id=tenant_id), 303)


@blueprint.get("/<uuid:tenant_id>/suspension")
def suspension(tenant_id: UUID) -> Page:
    """Says what happens, and wants the address typed."""
    return _suspension_page(tenant_id, Form())


@blueprint.post("/<uuid:tenant_id>/suspension")
def suspend(tenant_id: UUID) -> Page:
    """Stops serving the workspace."""
    form = Form.submitted(SuspensionForm)
    by = tenancy.actor()
    if form.attempt(lambda typed: workspaces.suspend(tenancy.session(), tenant_id, by=by, **typed)):
        flash(N_("The workspace is suspended. Its pages say so within two seconds."))
        return redirect(url_for(".detail", tenant_id=tenant_id), 303)
    return _suspension_page(tenant_id, form)


@blueprint.get("/<uuid:tenant_id>/reopening")
def reopening(tenant_id: UUID) -> Page:
    """Asks why."""
    return _reopening_page(tenant_id, Form())


@blueprint.post("/<uuid:tenant_id>/reopening")
def reopen(tenant_id: UUID) -> Page:
    """Serves the workspace again."""
    form = Form.submitted(ReopeningForm)
    by = tenancy.actor()
    if form.attempt(lambda typed: workspaces.reopen(tenancy.session(), tenant_id, by=by, **typed)):
        flash(N_("The workspace is served again."))
        return redirect(url_for(".detail", tenant_id=tenant_id), 303)
    return _reopening_page(tenant_id, form)


def _detail_page(tenant_id: UUID) -> str:
    detail = workspaces.detail(tenancy.session(), tenant_id)
    operators = names.of_operators()
    history = [(each, operators.get(telling.operator_of(each)) or each.actor) for each in detail.transitions]
    return render_template(
        "platform/operator/tenant.html",
        detail=detail,
        history=history,
        states=workspaces.STATES,
        causes=telling.CAUSES,
        problems=workspaces.PROBLEMS,
    )


def _suspension_page(tenant_id: UUID, form: Form) -> tuple[str, int]:
    tenant = workspaces.get(tenancy.session(), tenant_id)
    return render_template(
        "platform/operator/suspension.html", tenant=tenant, form=form, causes=_causes("settled")
    ), form.status


def _reopening_page(tenant_id: UUID, form: Form) -> tuple[str, int]:
    tenant = workspaces.get(tenancy.session(), tenant_id)
    return render_template(
        "platform/operator/reopening.html", tenant=tenant, form=form, causes=_causes("abuse")
    ), form.status


def _causes(besides: str) -> list[tuple[str, str]]:
    """What can be chosen: codes with their words."""
    return [(code, gettext(words)) for code, words in telling.CAUSES.items() if code != besides]
