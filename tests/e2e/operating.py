"""What operators see in the browser tests: an operator, a workspace with trouble, a grant to support."""

import secrets

from sqlalchemy import select

from infra.clock import now
from infra.db import TenantRef
from infra.events.models import Delivery, Event
from infra.ids import new_id
from infra.jobs.declared import spec_of
from infra.services import Services
from tenants import failures, support_access, support_index
from tenants.abuse import reports
from tenants.models import AbuseReport
from tenants.operators import accounts, jobs, sessions
from tenants.permissions import Actor
from tests.e2e.browser import Visitor
from web.demo.people import COLLEAGUES

NAME = "Ophelia Bartholomew-Featherstonehaugh"
Page = tuple[str, str]


def doors(services: Services) -> list[Page]:
    """The pages of an operator who is not signed in: name and path."""
    with services.db.control_session() as session:
        _, token = accounts.add(session, name=NAME, email=f"{secrets.token_hex(4)}@rapport.example")
    return [
        ("operator-sign-in", "/operator/sign-in?next=/operator/cells/"),
        ("operator-set-up", f"/operator/set-up/{token}"),
    ]


def pages(services: Services, tenant: TenantRef) -> list[Page]:
    """Every page behind the sign-in, with something on it: name and path."""
    _trouble(services, tenant)
    at = f"/operator/workspaces/{tenant.id}"
    return [
        ("operator-overview", "/operator/"),
        ("operator-workspaces", "/operator/workspaces/"),
        ("operator-workspaces-none", "/operator/workspaces/?q=nobody-is-called-that"),
        ("operator-workspace", at),
        ("operator-suspension", f"{at}/suspension"),
        ("operator-reopening", f"{at}/reopening"),
        ("operator-failures", "/operator/failures/"),
        ("operator-failed-jobs", "/operator/failures/jobs"),
        ("operator-failed-deliveries", "/operator/failures/deliveries?name=tests.nobody&reason=ValueError"),
        ("operator-deliveries", f"/operator/failures/deliveries/{tenant.id}"),
        ("operator-work", "/operator/work/"),
        ("operator-mail", "/operator/mail/"),
        ("operator-cells", "/operator/cells/"),
        ("operator-migrations", "/operator/migrations/"),
        ("operator-support", "/operator/support/"),
        *_reports(services, tenant),
        ("operator-record", f"/operator/record/?tenant={tenant.id}"),
        ("operator-account", "/operator/account/"),
        ("operator-second-factor", "/operator/second-factor"),
    ]


def _reports(services: Services, tenant: TenantRef) -> list[Page]:
    """A visitor's report, and links that were held back."""
    words = "It asks for the number of my card, and the name above it is my bank's.\nhttps://bank.example/login"
    with services.db.control_session() as control:
        reports.report(
            control,
            services.keys,
            tenant.id,
            key=secrets.token_hex(8),
            path="/s/recommend",
            survey_id=new_id(),
            reason="phishing",
            words=words,
            email="eve@visitor.example",
            locale="de",
        )
        reports.hold(
            control, tenant.id, survey_id=new_id(), path="/s/checkout", hosts=["bit.ly", "x.example"], locale="en"
        )
        mine = select(AbuseReport.id).where(AbuseReport.tenant_id == tenant.id).order_by(AbuseReport.id)
        reported, held = control.scalars(mine)
    return [
        ("operator-abuse", "/operator/abuse/"),
        ("operator-abuse-decided", "/operator/abuse/?show=decided"),
        ("operator-abuse-report", f"/operator/abuse/{reported}"),
        ("operator-abuse-held", f"/operator/abuse/{held}"),
    ]


def console(services: Services, tenant: TenantRef) -> list[Page]:
    """The tenant's side of support access: name and path."""
    by = Actor("staff", COLLEAGUES[0].id)
    with services.db.tenant_session(tenant) as session:
        grant = support_access.grant(
            session, allows="change", lasts="24h", reason="Scores of March look odd", by=by
        )
        support_index.announce(services.db, session, grant)
        code = support_access.make_code(session, services.settings, grant.id, operator_id=new_id())
        visit, token = support_access.enter(session, services.settings, code)
        support_access.note(session, visit, changing=False, endpoint="console.surveys.index", allowed=True)
        support_access.leave(session, token)
    return [
        ("support-access", "/console/settings/support"),
        ("support-grant", f"/console/settings/support/{grant.id}"),
        ("diagnostics", "/console/settings/diagnostics"),
    ]


def let_in(person: Visitor, services: Services) -> None:
    """Signs the browser in as an operator, on the platform's host."""
    with services.db.control_session() as session:
        operator, _ = accounts.add(session, name=NAME, email=f"{secrets.token_hex(4)}@rapport.example")
        operator.ready_at = now()
        token = sessions.start(session, operator, b"browser", whole=True)
    cookie = {"name": "rapport-operator", "value": token, "url": person.site.url(None)}
    person.page.context.add_cookies([cookie])  # type: ignore[list-item]


def _trouble(services: Services, tenant: TenantRef) -> None:
    with services.db.tenant_session(tenant) as session:
        event = Event(kind="tests.poison", subject_id=new_id(), data={})
        session.add(event)
        session.flush()
        session.add(Delivery(event_id=event.id, reaction="tests.nobody", state="failed", reason="ValueError"))
    failures.record(
        services.db, spec_of(jobs.migrate), tenant.id, {"only_failed": True}, "Unavailable unavailable", 5
    )
    jobs.look_now(services, tenant)
