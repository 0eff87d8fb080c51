"""Long work: progress, cancelling, and taking up what a dead worker left."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine

from infra import clock, long_jobs
from infra.db import TenantRef
from infra.errors import NotFound
from infra.ids import new_id
from infra.jobs import job
from infra.long_jobs import Cancelled, Progress
from infra.long_jobs.progress import STALE_AFTER
from infra.services import Services


@job(queue="bulk", scope="services")
def count_sheep(services: Services, tenant: TenantRef, long_job: str) -> None:
    """Counts to its total."""


def begun(services: Services, tenant: TenantRef) -> UUID:
    with services.db.tenant_session(tenant) as session:
        return long_jobs.begin(session, count_sheep, total=10).id


def state(services: Services, tenant: TenantRef, job_id: UUID) -> tuple[str, int]:
    with services.db.tenant_session(tenant) as session:
        work = long_jobs.get_long_job(session, job_id)
        return work.state, work.done


def test_progress_is_seen_while_the_work_goes_on(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)
    progress = Progress(services, own_tenant, job_id)
    assert progress.claim()
    progress.advance(4)
    assert state(services, own_tenant, job_id) == ("running", 4)
    progress.advance(10)
    progress.finish("result.csv")
    assert state(services, own_tenant, job_id) == ("done", 10)


def test_two_workers_do_not_do_the_same_work(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)
    assert Progress(services, own_tenant, job_id).claim()
    assert not Progress(services, own_tenant, job_id).claim()


def test_cancelled_work_stops_at_its_next_step(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)
    progress = Progress(services, own_tenant, job_id)
    progress.claim()
    with services.db.tenant_session(own_tenant) as session:
        long_jobs.cancel(session, job_id)
    with pytest.raises(Cancelled):
        progress.advance(5)
    assert state(services, own_tenant, job_id) == ("cancelled", 5)
    assert not progress.claim()


def test_work_that_has_not_begun_is_cancelled_at_once(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)
    with services.db.tenant_session(own_tenant) as session:
        long_jobs.cancel(session, job_id)
        long_jobs.cancel(session, job_id)
    assert state(services, own_tenant, job_id)[0] == "cancelled"


def test_abandoned_work_is_found_and_taken_up(services: Services, own_tenant: TenantRef) -> None:
    services.queues.connection.flushdb()
    job_id = begun(services, own_tenant)
    first = Progress(services, own_tenant, job_id)
    first.claim()
    first.advance(3)
    with services.db.tenant_session(own_tenant) as session:
        assert not long_jobs.has_stale(session)
    with time_machine.travel(clock.now() + STALE_AFTER + timedelta(seconds=1)):
        with services.db.tenant_session(own_tenant) as session:
            assert long_jobs.has_stale(session)
            long_jobs.resume_stale(session)
        assert [queued.kwargs["arguments"] for queued in services.queues.queue("bulk").get_jobs()] == [
            {"long_job": str(job_id)}
        ] * 2
        assert Progress(services, own_tenant, job_id).claim()
    services.queues.connection.flushdb()


def test_unknown_work_is_not_found(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        for ask in (long_jobs.get_long_job, long_jobs.cancel):
            with pytest.raises(NotFound):
                ask(session, new_id())
