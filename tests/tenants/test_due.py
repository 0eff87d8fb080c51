"""What is due by the clock, the sweep, and the schedule."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, select

import schedule
import worker
from infra import clock
from infra.db import TenantRef
from infra.events import record
from infra.events.jobs import FLAG
from infra.ids import new_id
from infra.jobs import runner
from infra.jobs.periodic import send_due
from infra.services import Services
from tenants import due, jobs
from tenants.models import Due
from tests.processes.chaos_worker import Something


@pytest.fixture(autouse=True)
def _composed(services: Services) -> Iterator[None]:
    services.queues.connection.flushdb()
    worker.compose(services)
    yield
    runner.configure(None)
    services.queues.connection.flushdb()
    with services.db.control_session() as session:
        session.execute(delete(Due))


def run_at(services: Services, tenant: TenantRef, kind: str) -> datetime | None:
    with services.db.control_session() as session:
        return session.scalar(select(Due.run_at).where(Due.tenant_id == tenant.id, Due.kind == kind))


def test_the_earliest_moment_counts(services: Services, own_tenant: TenantRef) -> None:
    soon, later = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    due.enter(services.db, own_tenant.id, "mail", later)
    due.enter(services.db, own_tenant.id, "mail", soon)
    due.enter(services.db, own_tenant.id, "mail", later)
    assert run_at(services, own_tenant, "mail") == soon


def test_what_is_due_is_sent_once_and_again_when_its_job_died(services: Services, own_tenant: TenantRef) -> None:
    due.enter(services.db, own_tenant.id, FLAG, clock.now())
    assert due.take(services.db) == [(own_tenant.id, FLAG)]
    assert due.take(services.db) == []
    with time_machine.travel(clock.now() + due.LEASE + timedelta(seconds=1)):
        assert due.take(services.db) == [(own_tenant.id, FLAG)]


def test_a_moment_of_a_rolled_back_change_is_not_entered(services: Services, own_tenant: TenantRef) -> None:
    with pytest.raises(ValueError), services.db.tenant_session(own_tenant) as session:
        due.announce(services.db, session, "mail", clock.now())
        raise ValueError
    assert run_at(services, own_tenant, "mail") is None
    with services.db.tenant_session(own_tenant) as session:
        record(session, Something(subject=new_id()))
        due.announce(services.db, session, "mail", clock.now())
    assert run_at(services, own_tenant, "mail") is not None


def test_the_sweep_finds_forgotten_events_and_rebuilds_the_index(services: Services, own_tenant: TenantRef) -> None:
    due.enter(services.db, own_tenant.id, FLAG, clock.now() + timedelta(days=300))
    with services.db.tenant_session(own_tenant) as session:
        record(session, Something(subject=new_id()))
    services.queues.connection.flushdb()
    assert jobs.visit(services, own_tenant) == [FLAG]
    assert run_at(services, own_tenant, FLAG) is None
    (queued,) = services.queues.queue("high").get_jobs()
    assert queued.kwargs["tenant"] == str(own_tenant.id)


def test_the_sweep_visits_every_tenant_in_turn(
    services: Services, own_tenant: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SWEEP_AT_ONCE", 2)
    visited = [jobs._next_share(services) for _ in range(8)]
    everybody = {tenant.id for tenant in jobs.refs(services.db)}
    assert own_tenant.id in everybody
    assert {tenant.id for share in visited for tenant in share} == everybody
    assert all(len(share) <= 2 for share in visited)


def test_two_schedulers_send_a_tick_once(services: Services) -> None:
    moment = clock.now().timestamp()
    first = send_due(services.queues, schedule.TABLE, moment)
    second = send_due(services.queues, schedule.TABLE, moment)
    assert len(first) == len(schedule.TABLE)
    assert second == []
