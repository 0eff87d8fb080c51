"""A delayed job comes when its time has come, once, also when the worker whose task it was is killed."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from infra.db import TenantRef
from infra.events import record
from infra.events.jobs import FLAG, dispatch
from infra.ids import new_id
from infra.jobs import delayed
from infra.jobs.declared import spec_of
from infra.jobs.delayed import Delayed
from infra.local.proc import members
from infra.services import Services
from tests.processes.chaos_worker import Something
from tests.support.waiting import until


@pytest.fixture
def queues(services: Services) -> Iterator[Services]:
    services.queues.connection.flushdb()
    yield services
    services.queues.connection.flushdb()


def ask(services: Services, *, delay: int = 0) -> None:
    services.queues.send(spec_of(dispatch), new_id(), {}, delay=delay)


def moved(services: Services) -> int:
    """How many delayed jobs stand on the queue now; their time is made to have come."""
    registry = services.queues.queue("high").scheduled_job_registry
    for job in registry.get_job_ids():
        services.queues.connection.zadd(registry.key, {job: time.time() - 1})
    return len(services.queues.queue("high"))


def test_of_two_processes_one_has_the_task_and_the_other_takes_over(
    queues: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delayed, "HELD_FOR", 600)  # however slow the machine
    first, second = Delayed(queues.queues.connection), Delayed(queues.queues.connection)
    ask(queues, delay=60)
    assert moved(queues) == 0
    assert first.release()
    assert not second.release()
    assert moved(queues) == 1
    queues.queues.connection.delete(delayed.LOCK)  # as if its time had run out, or Valkey been emptied
    ask(queues, delay=60)
    moved(queues)
    assert second.release()
    assert not first.release()
    assert moved(queues) == 2


def test_a_job_that_cannot_be_read_stands_in_nobodys_way(queues: Services) -> None:
    ask(queues, delay=60)
    ask(queues, delay=60)
    registry = queues.queues.queue("high").scheduled_job_registry
    queues.queues.connection.hdel(f"rq:job:{registry.get_job_ids()[0]}", "data")
    moved(queues)
    mover = Delayed(queues.queues.connection)
    assert mover.release()
    assert mover.release()
    assert moved(queues) == 1
    assert registry.get_job_ids() == []


def test_a_killed_worker_leaves_no_process_behind(
    queues: Services, own_tenant: TenantRef, environment: dict[str, str], tmp_path: Path
) -> None:
    with psycopg.connect(queues.db.dsn("default", "owner")) as connection:
        table = sql.Identifier(own_tenant.schema, "effects")
        connection.execute(sql.SQL("CREATE TABLE {} (event_id uuid, side text)").format(table))
    command = [sys.executable, "-m", "tests.processes.chaos_worker"]
    with subprocess.Popen([*command, str(tmp_path / "first")], env=environment, start_new_session=True) as first:
        until(lambda: bool(queues.queues.connection.exists(delayed.LOCK)))
        event = happen(queues, own_tenant, delay=1)
        first.kill()
        first.wait()
        assert list(members(first.pid)) == []
    queues.queues.connection.delete(delayed.LOCK)  # as if its time had run out
    with subprocess.Popen([*command, str(tmp_path / "second")], env=environment) as second:
        until(lambda: seen(queues, own_tenant) == [event, event])
        second.terminate()
        assert second.wait(timeout=15) == 0
    assert not queues.queues.connection.exists(delayed.LOCK), "a worker that ends leaves the task to others"


def happen(services: Services, tenant: TenantRef, *, delay: int) -> UUID:
    with services.db.tenant_session(tenant) as session:
        event = record(session, Something(subject=new_id()))
    services.queues.send_once(spec_of(dispatch), tenant.id, FLAG, delay=delay)
    return event


def seen(services: Services, tenant: TenantRef) -> list[UUID]:
    with services.db.tenant_session(tenant) as session:
        return list(session.scalars(text("SELECT event_id FROM effects")))
