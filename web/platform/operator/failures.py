"""What failed for good in any workspace: jobs and event deliveries, by kind and one by one, with retry."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.errors import Invalid, NotFound
from infra.i18n import N_
from infra.jobs import enqueue
from tenants import failures
from tenants import jobs as tenant_jobs
from tenants.operators import audit, trouble, workspaces
from tenants.operators import jobs as operator_jobs
from web import tenancy
from web.forms import Form
from web.platform.operator.parts import Parts
from web.schemas.operators import DeliveryForm, KindForm

blueprint = Blueprint("failures", __name__)

ASKED_FOR = N_("They are being sent again, one workspace after the other. What fails anew comes back here.")


@blueprint.get("/")
def index() -> str:
    """Both by kind, with how many and why."""
    parts = Parts()
    return render_template(
        "platform/operator/failures.html",
        jobs=parts.ask(trouble.list_job_kinds),
        deliveries=parts.ask(trouble.list_delivery_kinds),
    )


@blueprint.get("/jobs")
def jobs() -> str:
    """The failed jobs of a name, one by one."""
    name, after = request.args.get("name", "")[:200], request.args.get("after", type=UUID)
    found, more = trouble.list_jobs(tenancy.session(), name=name, before=after)
    return render_template("platform/operator/failed_jobs.html", jobs=found, name=name, more=more, after=after)


@blueprint.post("/jobs/<uuid:job_id>/retry")
def retry_job(job_id: UUID) -> Response:
    """Sends one job again."""
    trouble.retry_job(tenancy.session(), tenancy.services().queues, job_id, by=tenancy.actor())
    flash(N_("The job is sent again."))
    return _back()


@blueprint.post("/jobs/retry")
def retry_jobs() -> Response:
    """Sends all jobs of a name again, by a job of its own."""
    kind = _kind()
    until = operator_jobs.present_moment()
    enqueue(tenancy.session(), operator_jobs.retry_jobs, name=kind["name"], until=until)
    audit.record(tenancy.session(), "jobs.retried", by=tenancy.actor(), job=kind["name"])
    flash(ASKED_FOR)
    return redirect(url_for(".index"), 303)


@blueprint.get("/deliveries")
def deliveries() -> str:
    """Where deliveries of a reaction failed for a reason."""
    reaction, reason = request.args.get("name", "")[:200], request.args.get("reason", "")[:200]
    found = trouble.list_delivery_tenants(tenancy.session(), reaction, reason)
    return render_template(
        "platform/operator/failed_deliveries.html", tenants=found, reaction=reaction, reason=reason
    )


@blueprint.post("/deliveries/retry")
def retry_deliveries() -> Response:
    """Puts back what failed for a reason in every workspace, by a job of its own."""
    kind = _kind()
    enqueue(tenancy.session(), operator_jobs.retry_deliveries, reaction=kind["name"], reason=kind["reason"])
    audit.record(tenancy.session(), "deliveries.retried", by=tenancy.actor(), reaction=kind["name"])
    flash(ASKED_FOR)
    return redirect(url_for(".index"), 303)


@blueprint.get("/deliveries/<uuid:tenant_id>")
def of_tenant(tenant_id: UUID) -> str:
    """The failed deliveries of one workspace, event by event: by ids, never with what the events hold."""
    services = tenancy.services()
    tenant = workspaces.get(tenancy.session(), tenant_id)
    ref = tenant_jobs.find_ref(services.db, tenant_id)
    if ref is None:
        raise NotFound()
    with services.db.tenant_session(ref) as session:
        found = failures.list_failed_deliveries(session)
    return render_template("platform/operator/tenant_deliveries.html", tenant=tenant, deliveries=found)


@blueprint.post("/deliveries/<uuid:tenant_id>")
def retry_delivery(tenant_id: UUID) -> Response:
    """Puts one delivery back."""
    form = Form.submitted(DeliveryForm)
    services = tenancy.services()
    workspaces.get(tenancy.session(), tenant_id)
    ref = tenant_jobs.find_ref(services.db, tenant_id)
    if ref is None or form.problems:
        raise NotFound()
    event, reaction = form.typed["event_id"], form.typed["reaction"]
    if operator_jobs.put_back(services, ref, reaction=reaction, event_id=event):
        audit.record(
            tenancy.session(),
            "delivery.retried",
            by=tenancy.actor(),
            tenant=tenant_id,
            subject=event,
            reaction=reaction,
        )
    flash(N_("The delivery is put back and tried again soon."))
    return redirect(url_for(".of_tenant", tenant_id=tenant_id), 303)


def _kind() -> dict[str, str]:
    form = Form.submitted(KindForm)
    if form.problems:
        raise Invalid(problems={name: [str(each) for each in found] for name, found in form.problems.items()})
    return form.typed


def _back() -> Response:
    """To the page that the button stood on."""
    tenant = request.form.get("tenant", "")
    if tenant:
        return redirect(url_for("operator.tenants.detail", tenant_id=UUID(tenant)), 303)
    return redirect(url_for(".jobs", name=request.form.get("name") or None), 303)
