"""Reports of abuse and what was held back: the queue, one of them, and what is decided."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from infra import links
from infra.db import TenantRef
from infra.i18n import N_
from surveys import publishing
from surveys.models import Survey
from tenants import audit, branding
from tenants.abuse import mails, reports
from tenants.models import AbuseReport, Tenant
from tenants.operators import workspaces
from tenants.permissions import Actor
from web import tenancy
from web.forms import Form
from web.schemas.reports import DecisionForm

blueprint = Blueprint("abuse", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/")
def index() -> str:
    """What waits, the oldest first; with `show=decided` what was decided, the newest first."""
    waiting = request.args.get("show") != "decided"
    before = request.args.get("after", type=UUID)
    found, more = reports.list_reports(tenancy.session(), waiting=waiting, before=before)
    return render_template(
        "platform/operator/abuse.html",
        found=found,
        more=more,
        waiting=waiting,
        after=before,
        reasons=reports.REASONS,
        count=reports.count_waiting(tenancy.session()),
    )


@blueprint.get("/<uuid:report_id>")
def detail(report_id: UUID) -> Page:
    """One report with everything that is known, and the buttons."""
    return _page(report_id, Form())


@blueprint.post("/<uuid:report_id>/decision")
def decide(report_id: UUID) -> Page:
    """Notes the decision, carries it out in the tenant, ends it. Sent again it goes on where it broke off."""
    form = Form.submitted(DecisionForm)
    control, by = tenancy.session(), tenancy.actor()
    if form.attempt(lambda typed: _begin(control, report_id, by, **typed)):
        report = form.result
        tenancy.checkpoint()
        _carry_out(report, by)
        reports.finish(control, report_id)
        flash(N_("Your decision is carried out."))
        return redirect(url_for(".index"), 303)
    control.rollback()  # what a refused decision had begun is not shown as if it were so
    return _page(report_id, form)


def _begin(control: Session, report_id: UUID, by: Actor, *, decision: str, typed: str) -> AbuseReport:
    report = reports.begin(control, report_id, decision, by=by)
    if decision == "suspend" and control.get_one(Tenant, report.tenant_id).state == "active":
        note = f"report {report.id}"
        workspaces.suspend(control, report.tenant_id, typed=typed, reason=note, cause="abuse", by=by)
    return report


def _carry_out(report: AbuseReport, by: Actor) -> None:
    """The tenant's side: what is done there, its audit entry and its mails, in one transaction.

    A suspension is the control plane's deed, and tells the tenant itself (`tenants.operators.telling`).
    """
    step = {"withdraw": _withdraw, "allow": _allow, "trust": _trust}
    verb = step.get(report.decision or "")
    if verb is None:
        return
    services = tenancy.services()
    with services.db.control_session() as control:
        tenant = workspaces.get(control, report.tenant_id)
    if tenant.state not in ("active", "suspended"):
        return
    with services.db.tenant_session(TenantRef(tenant.id, tenant.slug or "", tenant.cell)) as session:
        verb(session, report, by)


def _withdraw(session: Session, report: AbuseReport, by: Actor) -> None:
    survey = session.get(Survey, report.survey_id) if report.survey_id else None
    if survey is None or survey.live_version_id is None:
        return
    publishing.withdraw(session, survey)
    audit.record(session, "survey.closed_by_platform", by=by, subject=survey.id, report=report.id)
    mails.tell_admins(session, mails.CLOSED_MAIL, report)


def _allow(session: Session, report: AbuseReport, by: Actor) -> None:
    hosts = [str(host) for host in report.found.get("hosts", ())]
    settings = branding.changed(session)
    if set(hosts) <= set(settings.allowed_hosts or ()):
        return
    settings.allowed_hosts = sorted({*(settings.allowed_hosts or ()), *hosts})
    audit.record(session, "settings.links_allowed", by=by, hosts=len(hosts), report=report.id)
    mails.tell_admins(session, mails.PASSED_MAIL, report)


def _trust(session: Session, report: AbuseReport, by: Actor) -> None:
    settings = branding.changed(session)
    if settings.trusted:
        return
    settings.trusted = True
    audit.record(session, "settings.trusted", by=by, report=report.id)
    mails.tell_admins(session, mails.PASSED_MAIL, report)


def _page(report_id: UUID, form: Form) -> tuple[str, int]:
    services = tenancy.services()
    shown = reports.show(tenancy.session(), services.keys, report_id)
    page = render_template(
        "platform/operator/abuse_report.html",
        shown=shown,
        report=shown.report,
        form=form,
        reasons=reports.REASONS,
        decisions=reports.DECISIONS[shown.report.kind],
        address=links.tenant_url(services.settings, shown.tenant.slug or "", shown.report.path),
        states=workspaces.STATES,
    )
    return page, form.status
