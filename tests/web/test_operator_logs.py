"""Audit logs of workspaces on operators' pages: one that is not what was sealed, and deeds that tenants read of."""

from contextvars import Context

import pytest
from sqlalchemy import delete, update

from infra import clock
from tenants.models import AuditAnchor
from tenants.operators import telling
from tenants.operators.models import Operator, OperatorAttempt, OperatorSession
from tests.support.apps import app_over
from tests.support.tenants import forget_anchor
from tests.web.operator_story import as_operator, asks_beside
from tests.web.story import text_of
from tests.web.test_operator_sign_in import in_control
from web import create_app

NEED = "Workspaces whose audit log is not what was sealed"


@pytest.fixture
def app(joined, services):
    return asks_beside(app_over(joined), services)


@pytest.fixture
def olga(app):
    return as_operator(app)


def found_broken(joined, tenant, problem="removed"):
    changed = update(AuditAnchor).where(AuditAnchor.tenant_id == tenant.id)
    in_control(joined, lambda s: s.execute(changed.values(problem=problem, checked_at=clock.now())))


def test_a_log_that_is_not_what_was_sealed_is_among_what_needs_somebody(olga, joined, acme, globex):
    assert NEED not in text_of(olga.get("operator.overview.index"))
    assert "not what was sealed" not in text_of(olga.get("operator.tenants.detail", acme))
    found_broken(joined, acme)
    overview = olga.get("operator.overview.index")
    assert f"1 {NEED}" in text_of(overview)
    listed = text_of(olga.get("/operator/workspaces/?log=broken"))
    assert "acme" in listed
    assert "globex" not in listed
    assert 'href="/operator/workspaces/?log=broken"' in overview.text
    page = text_of(olga.get("operator.tenants.detail", acme))
    assert "An entry was removed" in page
    assert "rapport audit verify acme" in page


@pytest.fixture
def _no_operators_left(services):
    yield
    with services.db.control_session() as session:
        for model in (OperatorSession, OperatorAttempt, Operator):
            session.execute(delete(model))


@pytest.mark.usefixtures("_no_operators_left")
def test_a_log_whose_anchor_is_gone_is_among_them_before_any_check(services, own_tenant):
    forget_anchor(services, own_tenant.id)

    def look():
        olga = as_operator(create_app(services))
        assert NEED in text_of(olga.get("operator.overview.index"))
        return text_of(olga.get("operator.tenants.detail", own_tenant))

    assert "Its anchor in the control plane is missing" in Context().run(look)


def test_the_owner_reads_in_the_audit_log_that_an_operator_suspended_and_reopened(olga, as_staff, joined, acme):
    olga.submit(
        olga.get("operator.tenants.suspension", acme), "/suspension", typed="acme", cause="payment", reason="Ann"
    )
    olga.submit(olga.get("operator.tenants.reopening", acme), "/reopening", cause="settled", reason="Ann paid")
    Context().run(telling.tell_tenants, joined, None)
    olga.app.directory._checked = 0
    page = text_of(as_staff("owner").at(acme).get("console.settings.audit_log"))
    assert "An operator of Rapport suspended the workspace (payment)." in page
    assert "An operator of Rapport reopened the workspace (the matter is settled)." in page
    assert "Olga" not in page
    assert "Ann" not in page


def test_a_reason_that_is_not_on_the_list_suspends_nothing(olga, acme):
    data = {"typed": "acme", "cause": "whim", "reason": "because"}
    page = olga.post("operator.tenants.suspend", acme, data=data, expect=422)
    assert "Choose one of the list." in text_of(page)
    assert "Active" in text_of(olga.get("operator.tenants.detail", acme))
