"""What failed in any workspace, through the operators' pages: deliveries, jobs, migrations, and mail on its way."""

from contextvars import Context
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from infra import clock
from infra.ids import new_id
from infra.jobs.declared import spec_of
from infra.mail.models import ControlOutbox, Outbox
from tenants import failures
from tenants.jobs import fill_spares
from tenants.migrations import TENANT, head
from tenants.models import FailedJob, Tenant
from tenants.operators import health
from tenants.operators import jobs as operator_jobs
from tenants.operators.models import TenantHealth
from tests.support.apps import app_over
from tests.web.operator_story import as_operator, asks_beside
from tests.web.story import text_of
from tests.web.test_operator_pages import actions, broken_delivery
from tests.web.test_operator_sign_in import in_control


@pytest.fixture
def app(joined, services):
    return asks_beside(app_over(joined), services)


@pytest.fixture
def olga(app):
    return as_operator(app)


def test_failed_deliveries_are_seen_without_visiting_and_put_back_one_by_one(olga, joined, acme, initech):
    [one, other] = broken_delivery(joined, acme, count=2)
    broken_delivery(joined, initech)
    overview = text_of(olga.get("operator.overview.index"))
    assert "3 Event deliveries that failed for good" in overview
    kinds = text_of(olga.get("operator.failures.index"))
    assert "tests.nobody ValueError 3 2" in kinds
    listed = text_of(olga.get("operator.failures.of_tenant", acme))
    assert str(one) in listed
    olga.post("operator.failures.retry_delivery", acme, data={"event_id": one, "reaction": "tests.nobody"})
    assert str(one) not in text_of(olga.get("operator.failures.of_tenant", acme))
    assert "tests.nobody ValueError 2 2" in text_of(olga.get("operator.failures.index"))
    again = {"event_id": one, "reaction": "tests.nobody"}
    olga.post("operator.failures.retry_delivery", acme, data=again)
    assert actions(joined).count("delivery.retried") == 1
    assert str(other) in text_of(olga.get("operator.failures.of_tenant", acme))


def test_all_deliveries_of_a_kind_are_put_back_by_a_job(olga, joined, acme, globex):
    broken_delivery(joined, acme, count=3)
    broken_delivery(joined, globex, reason="KeyError")
    asked = {"name": "tests.nobody", "reason": "ValueError"}
    olga.post("operator.failures.retry_deliveries", data=asked)
    Context().run(operator_jobs.retry_deliveries, joined, None, reaction="tests.nobody", reason="ValueError")
    left = text_of(olga.get("operator.failures.index"))
    assert "ValueError" not in left
    assert "tests.nobody KeyError 1 1" in left


def of_job(name, *more):
    return select(FailedJob).where(FailedJob.job == name, *more).order_by(FailedJob.id)


def test_failed_jobs_are_sent_again_one_by_one_and_all_of_a_name(olga, joined, acme):
    name = "tenants.operators.jobs.migrate"
    for _ in range(3):
        Context().run(failures.record, joined.db, spec_of(name), acme.id, {}, "Unavailable unavailable", 5)
    assert f"{name} Unavailable unavailable 3 1" in text_of(olga.get("operator.failures.index"))
    olga.submit(olga.get("operator.failures.jobs", query_string={"name": name}), "/retry")
    jobs = in_control(joined, lambda s: s.scalars(of_job(name, FailedJob.retried_at.is_not(None))).all())
    assert len(jobs) == 1
    olga.post("operator.failures.retry_job", jobs[0].id)
    assert actions(joined).count("job.retried") == 1
    assert joined.queues.queue("bulk").count == 1
    olga.post("operator.failures.retry_jobs", data={"name": name})
    Context().run(operator_jobs.retry_jobs, joined, None, name=name, until=operator_jobs.present_moment())
    assert "None failed." in text_of(olga.get("operator.failures.jobs", query_string={"name": name}))
    assert joined.queues.queue("bulk").count == 4, "one by hand, the job for all, and the two that were left"


def test_a_failed_job_of_a_release_that_is_gone_says_so(olga, joined, acme):
    gone = replace(spec_of(fill_spares), name="tenants.jobs.gone_with_a_release")
    Context().run(failures.record, joined.db, gone, acme.id, {}, "Unavailable unavailable", 5)
    job = in_control(joined, lambda s: s.scalars(of_job(gone.name)).one())
    assert "cannot be sent again" in text_of(olga.post("operator.failures.retry_job", job, expect=409))


def test_a_failed_migration_is_named_with_its_reason_and_run_again(olga, joined, acme):
    behind = {"revision": "0001", "migration_problem": "LockNotAvailable: canceling statement due to lock timeout"}
    in_control(joined, lambda s: s.execute(update(Tenant).where(Tenant.id == acme.id).values(**behind)))
    page = olga.get("operator.migrations.index")
    assert "lock timeout" in text_of(page)
    assert "behind" in text_of(page)
    olga.submit(page, "/operator/migrations", which="failed")
    assert joined.queues.queue("bulk").count == 1
    Context().run(operator_jobs.migrate, joined, None, only_failed=True)
    tenant = in_control(joined, lambda s: s.get_one(Tenant, acme.id))
    assert (tenant.revision, tenant.migration_problem) == (head(TENANT), None)
    after = text_of(olga.get("operator.migrations.index"))
    assert "1 migrated, 0 up to date, 0 failed" in after
    assert actions(joined)[-2:] == ["migrations.asked", "migrations.ended"]


def test_mail_flow_is_counted_by_workspace_and_for_the_platform(olga, joined, acme):
    def mails(model, session):
        old = clock.now() - timedelta(hours=1)
        for number, state in enumerate(("queued", "queued", "sending", "unknown", "refused", "accepted")):
            row = model(purpose="tests.mail", ref_id=new_id(), key=f"k{number}", locale="en", state=state)
            row.next_attempt_at = old
            row.finished_at = clock.now() if state in ("unknown", "refused", "accepted") else None
            session.add(row)

    def tenant_side():
        with joined.db.tenant_session(acme) as session:
            mails(Outbox, session)
            session.flush()
            seen = health.measure(session)
        with joined.db.control_session() as session:
            mails(ControlOutbox, session)
            health.keep(session, acme, seen)

    Context().run(tenant_side)
    page = text_of(olga.get("operator.mail.index"))
    assert "acme 2 1 1 1" in page
    assert page.count("Waiting 2 oldest") == 2
    assert "tests.mail" in page
    assert "1 Workspaces whose mail waits too long" in text_of(olga.get("operator.overview.index"))


def test_an_older_look_does_not_replace_a_newer_one(joined, acme):
    def run():
        with joined.db.tenant_session(acme) as session:
            newer = health.measure(session)
        older = replace(newer, at=newer.at - timedelta(minutes=5), events_waiting=99)
        with joined.db.control_session() as session:
            health.keep(session, acme, newer)
            health.keep(session, acme, older)
            return newer.events_waiting, session.get_one(TenantHealth, acme.id).events_waiting

    measured, kept = Context().run(run)
    assert measured == kept != 99


def test_what_is_as_it_was_is_not_written_again_within_minutes(joined, acme):
    def run():
        with joined.db.tenant_session(acme) as session:
            first = health.measure(session)
        seen = []
        for minutes in (0, 1, 6):
            later = replace(first, at=first.at + timedelta(minutes=minutes))
            with joined.db.control_session() as session:
                health.keep(session, acme, later)
                session.expire_all()
                seen.append(session.get_one(TenantHealth, acme.id).seen_at - first.at)
        return seen

    assert Context().run(run) == [timedelta(), timedelta(), timedelta(minutes=6)]
