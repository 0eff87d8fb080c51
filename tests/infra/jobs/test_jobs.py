"""Jobs: sent after the commit, retried by type, and kept with their reason when they failed for good."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

import worker
from infra.db import TenantRef
from infra.errors import NotFound, Unavailable
from infra.ids import new_id
from infra.jobs import QUEUES, enqueue, job, runner
from infra.jobs.queues import QueuesUnavailable
from infra.services import Services
from tenants import failures, provisioning
from tenants.models import FailedJob

calls: list[tuple[str, Any]] = []


@job(queue="high")
def greet(session: Session, person: str) -> None:
    calls.append((session.info["tenant"].slug, person))


@job(queue="default", attempts=3)
def needs_a_part_that_is_away(session: Session) -> None:
    calls.append(("tried", None))
    raise Unavailable()


@job(queue="default")
def tells_the_news(session: Session) -> None:
    """Says nothing of a flag, and news that comes while it runs must still ask for another run."""
    calls.append(("news", None))
    if len(calls) == 1:
        enqueue(session, tells_the_news, once="news")


@job(queue="default")
def is_wrong(session: Session, thing: str) -> None:
    raise NotFound("nobody must read %(name)s here", name="Jane Doe")


@pytest.fixture(autouse=True)
def _composed(services: Services) -> Iterator[None]:
    calls.clear()
    services.queues.connection.flushdb()
    worker.compose(services)
    yield
    runner.configure(None)
    services.queues.connection.flushdb()


def waiting(services: Services) -> list[dict[str, Any]]:
    return [queued.kwargs for name in QUEUES for queued in services.queues.queue(name).get_jobs()]


def work(services: Services) -> None:
    queues = [services.queues.queue(name) for name in QUEUES]
    SimpleWorker(queues, connection=services.queues.connection, serializer=JSONSerializer).work(burst=True)


def test_a_job_is_sent_after_the_commit_and_runs_in_its_tenant(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        enqueue(session, greet, person="p1")
        assert waiting(services) == []
    work(services)
    assert calls == [(own_tenant.slug, "p1")]


def test_a_job_of_a_rolled_back_change_is_never_sent(services: Services, acme: TenantRef) -> None:
    with pytest.raises(ValueError), services.db.tenant_session(acme) as session:
        enqueue(session, greet, person="p1")
        raise ValueError
    assert waiting(services) == []


def test_payloads_are_json(services: Services, acme: TenantRef) -> None:
    person = new_id()
    with services.db.tenant_session(acme) as session:
        enqueue(session, greet, person=person)
    (queued,) = services.queues.queue("high").get_jobs()
    raw = services.queues.connection.hget(queued.key, "data")
    assert isinstance(raw, bytes)
    from zlib import decompress

    assert json.loads(decompress(raw))[3]["arguments"] == {"person": str(person)}


def test_a_temporary_failure_is_tried_again_later_and_then_kept(services: Services, acme: TenantRef) -> None:
    name = f"{__name__}.needs_a_part_that_is_away"
    runner.run(name, str(acme.id), {}, attempt=1)
    registry = services.queues.queue("default").scheduled_job_registry
    (job_id,) = registry.get_job_ids()
    assert failed(services, acme) == []
    from rq.job import Job

    again = Job.fetch(job_id, connection=services.queues.connection, serializer=JSONSerializer)
    assert again.kwargs["attempt"] == 2
    runner.run(name, str(acme.id), {}, attempt=3)
    (kept,) = failed(services, acme)
    assert (kept.job, kept.attempts, kept.reason) == (name, 3, "Unavailable unavailable")
    forget(services)


def test_a_wrong_job_is_kept_at_once_with_a_reason_that_names_nobody(services: Services, acme: TenantRef) -> None:
    runner.run(f"{__name__}.is_wrong", str(acme.id), {"thing": "t1"})
    (kept,) = failed(services, acme)
    assert kept.reason == "NotFound not_found"
    assert kept.arguments == {"thing": "t1"}
    with services.db.control_session() as session:
        failures.retry(session, services.queues, kept.id)
        failures.retry(session, services.queues, kept.id)
    assert len(waiting(services)) == 1
    assert failed(services, acme) == []
    forget(services)


def test_a_job_of_a_suspended_tenant_rests(services: Services, own_tenant: TenantRef) -> None:
    provisioning.suspend(services.db, own_tenant.id, actor="tests")
    runner.run(f"{__name__}.greet", str(own_tenant.id), {"person": "p1"})
    assert calls == []


def test_without_valkey_a_change_is_still_committed(services: Services, acme: TenantRef) -> None:
    from dataclasses import replace

    from infra.jobs import Queues, sending

    sending.configure(Queues(replace(services.settings, valkey_url="redis://127.0.0.1:9/0")))
    try:
        with services.db.tenant_session(acme) as session:
            enqueue(session, greet, person="p1")
        with pytest.raises(QueuesUnavailable):
            Queues(replace(services.settings, valkey_url="redis://127.0.0.1:9/0")).ping()
    finally:
        sending.configure(services.queues)


def failed(services: Services, tenant: TenantRef) -> list[FailedJob]:
    with services.db.control_session() as session:
        return [row for row in failures.list_failed(session) if row.tenant_id == tenant.id]


def forget(services: Services) -> None:
    with services.db.control_session() as session:
        for row in session.scalars(select(FailedJob)):
            session.delete(row)


def test_news_that_come_while_a_job_runs_ask_for_another(services: Services, own_tenant: TenantRef) -> None:
    for _ in range(3):
        with services.db.tenant_session(own_tenant) as session:
            enqueue(session, tells_the_news, once="news")
    assert len(waiting(services)) == 1
    work(services)
    assert calls == [("news", None)] * 2
