"""Support access ends with the operator: disabled, reset, or never there."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from infra.clock import now
from tenants import support_access
from tenants.models import AuditEntry
from tenants.models.support import SupportGrant, SupportSession
from tenants.operators import accounts
from tenants.operators.models import Operator
from tests.support.apps import app_over
from tests.web.operator_story import as_operator, asks_beside
from tests.web.story import RAW_CSRF, Person
from tests.web.test_operator_sign_in import in_control
from tests.web.test_operator_support import in_tenant, let_in, opened
from web import support


@pytest.fixture
def app(joined, services):
    return asks_beside(app_over(joined), services)


@pytest.fixture
def olga(app):
    return as_operator(app)


def deeds(services, tenant):
    return in_tenant(services, tenant, lambda s: s.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all())


@pytest.mark.parametrize("verb", [accounts.disable, accounts.reset])
def test_a_disabled_or_reset_operators_visit_is_over_at_the_next_request(as_staff, app, olga, joined, acme, verb):
    let_in(as_staff("owner").at(acme))
    guest = opened(olga, acme, app)
    guest.get("console.surveys.index")
    in_control(joined, lambda s: verb(s, s.get_one(Operator, olga.operator_id)))
    assert guest.get("console.surveys.index", expect=303).location == "/console/support/ended"
    assert deeds(joined, acme)[-2:] == ["support.viewed", "support.left"]
    visit = in_tenant(joined, acme, lambda s: s.scalars(select(SupportSession)).one())
    assert visit.ended_at is not None


def test_who_is_set_up_anew_does_not_go_on_with_the_visit_of_before(as_staff, app, olga, joined, acme):
    let_in(as_staff("owner").at(acme))
    guest = opened(olga, acme, app)

    def again(session):
        operator = session.get_one(Operator, olga.operator_id)
        accounts.reset(session, operator)
        operator.ready_at = now()

    in_control(joined, again)
    assert guest.get("console.surveys.index", expect=303).location == "/console/support/ended"


def test_who_is_disabled_while_a_page_is_made_commits_nothing(as_staff, app, olga, joined, acme, monkeypatch):
    """The operator is disabled after the request was let in, and before its deed is committed."""
    let_in(as_staff("owner").at(acme), allows="change")
    guest = opened(olga, acme, app)
    page = guest.get("console.surveys.gallery")
    let_by = support.admit

    def late(*arguments):
        let_by(*arguments)
        in_control(joined, lambda s: accounts.disable(s, s.get_one(Operator, olga.operator_id)))

    monkeypatch.setattr(support, "admit", late)
    answer = guest.submit(page, "/console/surveys", template="nps", expect=303)
    assert answer.location == "/console/support/ended"
    assert "survey.created" not in deeds(joined, acme)


@pytest.mark.parametrize("entered", [False, True])
def test_an_operator_who_never_was_gets_nothing(as_staff, app, joined, acme, entered):
    let_in(as_staff("owner").at(acme), allows="change")

    def make(session):
        grant = session.scalars(select(SupportGrant)).one()
        code = support_access.make_code(session, joined.settings, grant.id, operator_id=uuid4())
        return support_access.enter(session, joined.settings, code)[1] if entered else code

    made = in_tenant(joined, acme, make)
    guest = Person(app).at(acme)
    if entered:
        guest._set_cookie({"support": made, "csrf_token": RAW_CSRF})
        path = "/console/"
    else:
        path = f"/console/support/enter/{made}"
    assert guest.get(path, expect=303).location == "/console/support/ended"
    visit = in_tenant(joined, acme, lambda s: s.scalars(select(SupportSession)).one())
    assert visit.ended_at is not None if entered else visit.entered_at is None
