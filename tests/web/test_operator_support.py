"""Support access through the pages: granted in Settings, used by an operator, recorded on both sides, ended."""

from contextvars import Context
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import select

from infra.clock import now
from tenants import support_access
from tenants.models import AuditEntry
from tenants.models.support import SupportGrant, SupportSession
from tenants.operators.models import OperatorEntry, SupportOpening
from tests.support.apps import app_over
from tests.web.operator_story import as_operator, asks_beside
from tests.web.story import RAW_CSRF, Person, text_of
from tests.web.test_operator_sign_in import in_control
from web import drafts
from web.console import page_names
from web.surfaces import TO_SUPPORT, policy


@pytest.fixture
def app(joined, services):
    return asks_beside(app_over(joined), services)


@pytest.fixture
def olga(app):
    return as_operator(app)


def in_tenant(services, tenant, work):
    def run():
        with services.db.tenant_session(tenant) as session:
            return work(session)

    return Context().run(run)


def let_in(owner, allows="read", lasts="1h", reason="Scores look odd"):
    """The owner grants it in Settings."""
    page = owner.get("console.settings.support")
    owner.submit(page, "/settings/support", allows=allows, lasts=lasts, reason=reason)


def opened(olga, tenant, app):
    """The operator opens the workspace; a browser of theirs at the tenant's host."""
    answer = olga.submit(olga.get("operator.support.index"), "/operator/support/")
    address = urlsplit(answer.location)
    assert address.netloc.startswith(f"{tenant.slug}.")
    guest = Person(app).at(tenant)
    entered = guest.get(f"{address.path}?{address.query}", expect=303)
    assert entered.location == "/console/"
    return guest


def leave(guest, page):
    return guest.submit(page, "/console/support/leave")


def test_without_a_grant_no_route_of_the_console_opens_for_an_operator(app, olga, acme):
    """The operator's own cookie, a made-up visit, another tenant's: each is nobody at every route."""
    tried = 0
    sessions_of = app.session_interface
    for rule in app.url_map.iter_rules():
        if policy()[rule.endpoint].surface.who != "staff":
            continue
        guest = Person(app).at(acme)
        domain = guest.host.partition(":")[0]
        for each in olga.client._cookies.values():
            guest.client.set_cookie(each.key, each.value, domain=domain)
        path = guest.address(rule.endpoint, *[uuid4() if "uuid" in rule.rule else "1"] * len(rule.arguments))
        for method in rule.methods & {"GET", "POST", "PUT", "DELETE"}:
            if method == "POST" and rule.endpoint in drafts.KEPT:
                guest.send(method, path, expect=401)
                continue
            answer = guest.send(method, path, expect=303)
            assert answer.location.startswith("/console/sign-in"), path
            guest._set_cookie({"support": "made up", "csrf_token": RAW_CSRF})
            answer = guest.send(method, path, expect=303)
            assert answer.location == "/console/support/ended", path
            guest.client.delete_cookie(sessions_of.name, domain=domain)
            tried += 1
    assert tried > 60


def test_no_grant_no_line_and_an_unknown_grant_is_not_there(olga):
    assert "Nobody lets support in" in text_of(olga.get("operator.support.index"))
    olga.post("operator.support.open_workspace", uuid4(), expect=404)


@pytest.mark.parametrize("role", ["editor", "analyst", "viewer"])
def test_only_owner_and_admin_let_support_in(as_staff, acme, role):
    person = as_staff(role).at(acme)
    person.get("console.settings.support", expect=403)
    typed = {"allows": "read", "lasts": "1h", "reason": "x"}
    person.post("console.settings.create_support_grant", data=typed, expect=403)


def test_a_grant_wants_a_reason_and_a_choice_of_the_list(as_staff, acme):
    owner = as_staff("owner").at(acme)
    for typed in ({"reason": ""}, {"allows": "everything"}, {"lasts": "10y"}, {"reason": "x" * 201}):
        form = {"allows": "read", "lasts": "1h", "reason": "Odd scores", **typed}
        owner.post("console.settings.create_support_grant", data=form, expect=422)
    assert "never let in" in text_of(owner.get("console.settings.support"))


def test_support_looks_in_with_a_banner_on_every_page_and_changes_nothing(as_staff, app, olga, joined, acme):
    owner = as_staff("owner").at(acme)
    let_in(owner)
    guest = opened(olga, acme, app)
    for endpoint in ("console.home.index", "console.surveys.index", "console.settings.diagnostics"):
        page = text_of(guest.get(endpoint))
        assert "Support is looking: Scores look odd · read only · ends at" in page, endpoint
    guest.headers["X-CSRFToken"] = guest.csrf()
    guest._set_cookie({"support": _token(guest), "csrf_token": RAW_CSRF})
    refused = guest.send("POST", guest.address("console.surveys.create"), expect=403)
    assert "Support is looking" in text_of(refused)
    for endpoint in ("console.settings.api_keys", "console.settings.people_list", "console.settings.support"):
        guest.get(endpoint, expect=403)
    assert "API keys" not in text_of(guest.get("console.home.index"))


def _token(guest):
    from itsdangerous import URLSafeTimedSerializer

    sessions_of = guest.app.session_interface
    cookie = next(each for each in guest.client._cookies.values() if each.key == sessions_of.name)
    signer = URLSafeTimedSerializer(guest.app.services.settings.secret, salt=f"session:{guest.tenant.id}")
    return signer.loads(cookie.value)["support"]


@pytest.mark.parametrize("allows", ["read", "change"])
def test_support_reaches_exactly_what_its_grant_gives(as_staff, app, olga, acme, allows):
    """Every route of the console, by every method: 403 unless policy and grant both open it; never an error."""
    let_in(as_staff("owner").at(acme), allows=allows)
    guest = opened(olga, acme, app)
    guest._set_cookie({"support": _token(guest), "csrf_token": RAW_CSRF})
    guest.headers["X-CSRFToken"] = guest.csrf()
    held = support_access.permissions(allows)
    closed = reached = 0
    for rule in app.url_map.iter_rules():
        grant = policy()[rule.endpoint]
        if grant.surface.who != "staff":
            continue
        opens = grant.surface.name in TO_SUPPORT and grant.permission in held and not grant.fresh
        path = guest.address(rule.endpoint, *[uuid4() if "uuid" in rule.rule else "1"] * len(rule.arguments))
        for method in rule.methods & {"GET", "POST", "PUT", "DELETE"}:
            looks = method == "GET" or allows == "change" or rule.endpoint == "console.appearance.save"
            may = opens and looks
            answer = guest.client.open(path, method=method, base_url=f"http://{guest.host}", headers=guest.headers)
            assert (answer.status_code == 403) is not may, f"{method} {path}: {answer.status}"
            assert answer.status_code < 500, f"{method} {path}: {answer.status}"
            closed, reached = closed + (not may), reached + may
    assert closed > 30
    assert reached >= 10


def test_every_page_and_act_is_recorded_on_both_sides_by_ids(as_staff, app, olga, joined, acme):
    let_in(as_staff("owner").at(acme), allows="change")
    guest = opened(olga, acme, app)
    guest.get("console.surveys.index")
    guest.get("console.settings.api_keys", expect=403)
    page = guest.get("console.surveys.gallery")
    guest.submit(page, "/console/surveys", template="nps")
    guest.get("console.surveys.index", expect=200)
    leave(guest, guest.get("console.home.index"))
    guest.get("console.home.index", expect=303)
    grant = in_tenant(joined, acme, lambda s: s.scalars(select(SupportGrant)).one())
    query = select(AuditEntry).where(AuditEntry.subject_id == grant.id).order_by(AuditEntry.id)
    theirs = in_tenant(joined, acme, lambda s: s.scalars(query).all())
    ours = in_control(
        joined,
        lambda s: s.scalars(
            select(OperatorEntry).where(OperatorEntry.subject_id == grant.id).order_by(OperatorEntry.id)
        ).all(),
    )
    wanted = ["support.entered", "support.viewed", "support.viewed", "support.viewed", "support.acted"]
    wanted += ["support.viewed", "support.viewed", "support.left"]
    assert [entry.action for entry in theirs] == ["support.granted", *wanted]
    assert [entry.action for entry in ours] == ["support.opened", *wanted]
    assert {entry.actor_id for entry in theirs[1:]} == {olga.operator_id} == {entry.operator_id for entry in ours}
    assert {entry.actor_kind for entry in theirs[1:]} == {"support"}
    assert {entry.tenant_id for entry in ours} == {acme.id}
    refused = [entry for entry in theirs if entry.data.get("allowed") is False]
    assert [entry.data["endpoint"] for entry in refused] == ["console.settings.api_keys"]
    assert all("Scores" not in str(entry.data) for entry in (*theirs, *ours))


def test_the_tenant_sees_what_was_done_and_ends_it_at_once(as_staff, app, olga, acme):
    owner = as_staff("owner").at(acme)
    let_in(owner)
    guest = opened(olga, acme, app)
    guest.get("console.surveys.index")
    listed = owner.get("console.settings.support")
    assert "Visits: 1 · pages looked at: 1 · things done: 0" in text_of(listed)
    owner.submit(listed, "/revocation")
    for endpoint in ("console.home.index", "console.surveys.index"):
        assert guest.get(endpoint, expect=303).location in (
            "/console/support/ended",
            "/console/sign-in?next=/console/surveys",
        )
    assert "has ended" in text_of(guest.get("console.support.ended"))
    assert "Nobody lets support in" in text_of(olga.get("operator.support.index"))
    page = text_of(owner.get("console.settings.support"))
    assert "Revoked" in page
    assert "revoked by Owner" in page


def test_the_history_of_a_grant_names_each_page(as_staff, app, olga, joined, acme, globex):
    owner = as_staff("owner").at(acme)
    let_in(owner)
    opened(olga, acme, app).get("console.surveys.index")
    grant = in_tenant(joined, acme, lambda s: s.scalars(select(SupportGrant)).one())
    page = text_of(owner.get("console.settings.support_grant", grant.id))
    assert "Looked at a page “Surveys”" in page
    assert "surveys.index" not in page
    assert "Support came in" in page
    stranger = as_staff("owner").at(globex)
    stranger.get("console.settings.support_grant", grant.id, expect=404)
    stranger.post("console.settings.revoke_support_grant", grant.id, expect=404)


def test_every_page_that_support_may_open_has_a_name_of_its_own():
    may = support_access.permissions("change")
    open_ones = {
        name
        for name, grant in policy().items()
        if grant.surface.name in TO_SUPPORT and not grant.fresh and grant.permission in may
    }
    assert open_ones == set(page_names.NAMES)
    refused = [name for name, grant in policy().items() if grant.surface.who == "staff" and name not in open_ones]
    assert {page_names.name_of(name) for name in refused} <= set(page_names.SECTIONS.values()) | {
        page_names.ELSEWHERE
    }


def test_when_its_time_is_over_support_is_out(as_staff, app, olga, acme):
    let_in(as_staff("owner").at(acme))
    guest = opened(olga, acme, app)
    with time_machine.travel(now() + timedelta(hours=1, seconds=5)):
        assert guest.get("console.home.index", expect=303).location == "/console/support/ended"
        olga = as_operator(app)
        assert "Nobody lets support in" in text_of(olga.get("operator.support.index"))


def test_a_visit_is_worth_nothing_at_another_tenants_host(as_staff, app, olga, joined, acme, globex):
    let_in(as_staff("owner").at(acme))
    guest = opened(olga, acme, app)
    cookie = next(each for each in guest.client._cookies.values() if each.key == "rapport")
    other = Person(app).at(globex)
    other.client.set_cookie("rapport", cookie.value, domain=other.host.partition(":")[0])
    assert other.get("console.home.index", expect=303).location.startswith("/console/sign-in")
    other._set_cookie({"support": _token(guest), "csrf_token": RAW_CSRF})
    assert other.get("console.home.index", expect=303).location == "/console/support/ended"


def test_a_suspended_workspace_is_closed_to_support_too(as_staff, app, olga, acme):
    let_in(as_staff("owner").at(acme))
    guest = opened(olga, acme, app)
    olga.submit(olga.get("operator.tenants.suspension", acme), "/suspension", typed="acme", reason="unpaid")
    app.directory._checked = 0
    guest.get("console.home.index", expect=503)
    assert "not served at present" in text_of(olga.get("operator.support.index"))
    opening = in_control(app.services, lambda s: s.scalars(select(SupportOpening.grant_id)).one())
    olga.post("operator.support.open_workspace", opening, expect=404)


def test_signing_out_of_the_workspace_ends_the_visit(as_staff, app, olga, joined, acme):
    let_in(as_staff("owner").at(acme))
    guest = opened(olga, acme, app)
    guest.submit(guest.get("console.home.index"), "/console/sign-out")
    visit = in_tenant(joined, acme, lambda s: s.scalars(select(SupportSession)).one())
    assert visit.ended_at is not None


def test_the_index_alone_opens_nothing(app, olga, joined, acme):
    """Somebody writes a line into the control plane's index: the grant that it names is not in the tenant."""
    made_up = SupportOpening(
        grant_id=UUID(int=5),
        tenant_id=acme.id,
        allows="change",
        granted_at=now(),
        ends_at=now() + timedelta(hours=1),
    )
    in_control(joined, lambda s: s.add(made_up))
    olga.post("operator.support.open_workspace", UUID(int=5), expect=404)
    assert "Nobody lets support in" in text_of(olga.get("operator.support.index"))
