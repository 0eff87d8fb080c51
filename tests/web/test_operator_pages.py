"""What operators see and do: workspaces, failures, queues, cells, migrations, mail, and what does not answer."""

from contextvars import Context
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, select, update

from infra import clock
from infra.events.models import Delivery, Event
from infra.ids import new_id
from infra.jobs.declared import spec_of
from tenants import provisioning
from tenants.jobs import fill_spares
from tenants.models import Cell, Host, Tenant, TenantTransition
from tenants.operators import jobs as operator_jobs
from tenants.operators.models import OperatorEntry, TenantHealth
from tests.support.apps import app_over
from tests.web.operator_story import as_operator, asks_beside
from tests.web.story import text_of
from tests.web.test_operator_sign_in import in_control
from web import create_app
from web.surfaces import SURFACES


@pytest.fixture
def app(joined, services):
    return asks_beside(app_over(joined), services)


@pytest.fixture
def olga(app):
    return as_operator(app)


def actions(joined):
    return in_control(joined, lambda session: session.scalars(select(OperatorEntry.action)).all())


def broken_delivery(joined, tenant, reaction="tests.nobody", reason="ValueError", count=1):
    """Events whose delivery was set aside, and the sweeper's look at them."""

    def run():
        with joined.db.tenant_session(tenant) as session:
            ids = [new_id() for _ in range(count)]
            session.add_all(Event(id=each, kind="tests.poison", subject_id=new_id(), data={}) for each in ids)
            session.flush()
            session.add_all(
                Delivery(event_id=each, reaction=reaction, state="failed", reason=reason) for each in ids
            )
            session.flush()
        operator_jobs.look_now(joined, tenant)
        return ids

    return Context().run(run)


def test_every_page_opens_and_says_what_it_is(olga):
    for surface in SURFACES:
        if surface.who == "operator":
            page = olga.get(f"{surface.name}.index")
            assert page.headers["Cache-Control"] == "no-store"
            assert page.text.count("<h1") == 1


def test_a_workspace_is_found_by_name_address_id_domain_and_state(olga, joined, acme, initech):
    in_control(
        joined, lambda s: s.add(Host(host="feedback.acme.example", tenant_id=acme.id, verified_at=clock.now()))
    )
    for words in (
        "roaster",
        "acme",
        str(acme.id),
        acme.schema,
        "https://feedback.acme.example/s/x",
        "acme.localhost:8000",
    ):
        page = text_of(olga.get("operator.tenants.index", query_string={"q": words}))
        assert "Acme Coffee Roasters" in page, words
        assert "Globex" not in page, words
    only_b = text_of(olga.get("operator.tenants.index", query_string={"cell": "b"}))
    assert "initech" in only_b
    assert "acme" not in only_b
    assert "No workspace fits" in text_of(olga.get("operator.tenants.index", query_string={"q": "100%_"}))
    assert "No workspace fits" in text_of(olga.get("operator.tenants.index", query_string={"state": "suspended"}))
    olga.get("operator.tenants.index", query_string={"q": "x" * 500, "after": "nonsense"})


def test_a_domain_without_its_proof_is_found_from_the_overview(olga, joined, acme):
    in_control(joined, lambda s: s.add(Host(host="feedback.acme.example", tenant_id=acme.id, verified_at=None)))
    overview = olga.get("operator.overview.index")
    assert "1 Custom domains that lost their proof" in text_of(overview)
    listed = olga.get("operator.tenants.index", query_string={"domains": "failing"})
    assert "acme" in text_of(listed)
    assert "globex" not in text_of(listed)
    assert "proof is gone" in text_of(olga.get("operator.tenants.detail", acme))


def test_pages_of_workspaces_follow_each_other_without_a_gap(olga, joined):
    def fill(session):
        for number in range(60):
            session.add(Tenant(slug=f"many-{number}", name=f"Many {number}", cell="default", state="active"))

    in_control(joined, fill)
    first = olga.get("operator.tenants.index", query_string={"q": "many"})
    assert "50 of 60" in text_of(first)
    following = first.text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = olga.get(following)
    found = [f"many-{number}" for number in range(60)]
    assert sum(f">{slug}<" in first.text for slug in found) == 50
    assert sum(f">{slug}<" in second.text for slug in found) == 10


def test_suspending_wants_the_address_typed_and_a_reason_and_is_in_the_history(olga, visitor, joined, acme):
    page = olga.get("operator.tenants.suspension", acme)
    refused = olga.submit(page, "/suspension", typed="acmee", reason="unpaid", expect=422)
    assert "Type the address" in text_of(refused)
    assert 'value="unpaid"' in refused.text
    olga.submit(page, "/suspension", typed="acme", reason="", expect=422)
    olga.submit(page, "/suspension", typed="Acme ", cause="payment", reason="unpaid since May")
    olga.app.directory._checked = 0
    assert "paused" in text_of(visitor().at(acme).get("console.sign_in", expect=503))
    detail = text_of(olga.get("operator.tenants.detail", acme))
    assert "Suspended" in detail
    assert "Olga Operator (payment): unpaid since May" in detail
    olga.submit(olga.get("operator.tenants.reopening", acme), "/reopening", reason="paid")
    olga.app.directory._checked = 0
    visitor().at(acme).get("console.sign_in")
    assert actions(joined)[-2:] == ["tenant.suspended", "tenant.reopened"]


def test_the_second_of_two_operators_reads_that_the_first_was_faster(app, joined, acme):
    one, other = as_operator(app), as_operator(app)
    page = other.get("operator.tenants.suspension", acme)
    one.submit(one.get("operator.tenants.suspension", acme), "/suspension", typed="acme", reason="unpaid")
    late = other.submit(page, "/suspension", typed="acme", reason="abuse", expect=409)
    assert "Somebody else may have been faster" in text_of(late)
    states = in_control(
        joined,
        lambda s: s.scalars(
            select(TenantTransition.state)
            .where(TenantTransition.tenant_id == acme.id)
            .order_by(TenantTransition.id)
        ).all(),
    )
    assert states[-1] == "suspended"
    assert states.count("suspended") == 1


def test_an_unknown_workspace_spare_or_job_is_not_there(olga, joined):
    spare = in_control(joined, lambda s: s.scalar(select(Tenant.id).where(Tenant.slug.is_(None)).limit(1)))
    for tenant in (new_id(), spare or new_id()):
        olga.get("operator.tenants.detail", tenant, expect=404)
        olga.get("operator.tenants.suspension", tenant, expect=404)
        olga.post("operator.tenants.suspend", tenant, data={"typed": "x", "reason": "y"}, expect=404)
        olga.post("operator.tenants.look", tenant, expect=404)
        olga.get("operator.failures.of_tenant", tenant, expect=404)
    olga.post("operator.failures.retry_job", new_id(), expect=404)
    olga.post("operator.support.open_workspace", new_id(), expect=404)
    olga.post("operator.work.send_again", "no-such-job", expect=404)


def test_a_cell_is_closed_opened_and_sized(olga, joined):
    page = olga.get("operator.cells.index")
    assert "answers" in text_of(page)
    olga.submit(page, "/operator/cells/b", capacity="1")
    cell = in_control(joined, lambda s: s.get_one(Cell, "b"))
    assert (cell.open, cell.capacity) == (False, 1)
    for wrong in ("0", "-5", "1000000000", "many", ""):
        refused = olga.submit(page, "/operator/cells/b", capacity=wrong, open="yes", expect=422)
        assert "not changed" in text_of(refused)
    olga.submit(page, "/operator/cells/b", capacity="1", open="yes")
    assert "nearly full" in text_of(olga.get("operator.cells.index"))
    assert "1 Cells that are nearly full" in text_of(olga.get("operator.overview.index"))
    olga.post("operator.cells.change", "nowhere", data={"capacity": "5"}, expect=404)
    assert actions(joined).count("cell.changed") == 2


def test_a_workspace_that_the_sweeper_does_not_reach_is_shown(olga, joined, acme):
    long_ago, recently = clock.now() - timedelta(days=1), clock.now()
    others = update(Tenant).where(Tenant.id != acme.id).values(created_at=recently)
    in_control(joined, lambda s: s.execute(others))
    in_control(joined, lambda s: s.execute(update(Tenant).where(Tenant.id == acme.id).values(created_at=long_ago)))
    in_control(joined, lambda s: s.execute(delete(TenantHealth)))
    assert "1 Workspaces nobody has visited for half an hour" in text_of(olga.get("operator.overview.index"))


def test_a_queue_shows_its_depth_and_the_age_of_its_head(olga, joined, acme):
    joined.queues.send(spec_of(fill_spares), acme.id, {})
    page = text_of(olga.get("operator.work.index"))
    assert "bulk 1" in page
    assert "No worker is alive" in page


def test_a_page_opens_while_valkey_is_away_and_says_which_part_is_missing(joined, services):
    away = replace(joined, settings=replace(joined.settings, valkey_url="redis://127.0.0.1:1/0"))
    olga = as_operator(asks_beside(create_app(away), services))
    for endpoint in ("operator.overview.index", "operator.work.index"):
        assert "This part does not answer at the moment" in text_of(olga.get(endpoint))


def test_a_part_of_the_control_plane_that_takes_too_long_does_not_hold_the_page(olga, joined, monkeypatch):
    from web.platform.operator import parts

    monkeypatch.setattr(parts, "PATIENCE", 0.0)
    monkeypatch.setattr(parts, "LEAST", 0.001)
    pages = [olga.get(f"operator.{name}.index") for name in ("overview", "failures", "migrations", "mail")]
    assert all(page.status_code == 200 for page in pages)


def test_lists_cost_the_same_however_many_workspaces_there_are(olga, joined, acme, globex):
    def cost(endpoint):
        seen = []
        connection = joined.db.shared("control").connection
        event.listen(connection, "before_cursor_execute", lambda *a: seen.append(a[2]))
        olga.get(endpoint)
        return len(seen)

    endpoints = (
        "operator.overview.index",
        "operator.failures.index",
        "operator.mail.index",
        "operator.tenants.index",
    )
    few = [cost(endpoint) for endpoint in endpoints]
    for tenant in (acme, globex):
        broken_delivery(joined, tenant)
    assert few[0] < 40
    again = [cost(endpoint) for endpoint in endpoints]
    assert [second <= 2 * first + 2 for first, second in zip(few, again, strict=True)] == [True] * 4


def test_the_record_is_narrowed_to_a_workspace_and_turned_page_by_page(olga, joined, acme):
    olga.submit(olga.get("operator.tenants.suspension", acme), "/suspension", typed="acme", reason="unpaid")
    mine = text_of(olga.get("operator.record.index", query_string={"tenant": str(acme.id)}))
    assert "Workspace suspended Olga Operator acme" in mine
    assert "Nothing recorded" in text_of(olga.get("operator.record.index", query_string={"tenant": str(new_id())}))
    olga.get("operator.record.index", query_string={"tenant": "nonsense", "operator": "x", "after": "y"})


def test_what_visitors_of_a_suspended_tenant_meet_is_as_it_was(visitor, joined, acme):
    Context().run(provisioning.suspend, joined.db, acme.id, actor="tests", reason=None)
    for path in ("/console/", "/s/anything", "/"):
        assert "paused" in text_of(visitor().at(acme).get(path, expect=503))
