"""Workers killed at random moments and Valkey emptied: no event is lost, none has its effect twice."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select, text

from infra.db import TenantRef
from infra.events import record, signals
from infra.events.jobs import FLAG, dispatch
from infra.events.models import Delivery, Event
from infra.ids import new_id
from infra.jobs.declared import spec_of
from infra.services import Services
from tenants.jobs import visit
from tests.processes.chaos_worker import Something

EVENTS = 2000
PUBLISHERS = 4
SEED = 20261122


@pytest.fixture
def effects(services: Services, own_tenant: TenantRef) -> TenantRef:
    """The tenant with a table in which an effect could be written twice."""
    with psycopg.connect(services.db.dsn("default", "owner")) as connection:
        table = sql.Identifier(own_tenant.schema, "effects")
        connection.execute(sql.SQL("CREATE TABLE {} (event_id uuid, side text)").format(table))
    return own_tenant


class Workers:
    """Worker processes that are killed and replaced."""

    def __init__(self, environment: dict[str, str], count: int) -> None:
        self._environment = environment
        self.running = [self._start() for _ in range(count)]
        self.kills = 0

    def kill_one(self, which: int) -> None:
        self.running[which].kill()
        self.running[which].wait()
        self.running[which] = self._start()
        self.kills += 1

    def stop(self) -> list[int]:
        for process in self.running:
            process.terminate()
        return [process.wait(timeout=15) for process in self.running]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "tests.processes.chaos_worker"], env=self._environment)


@pytest.fixture
def workers(environment: dict[str, str]) -> Iterator[Workers]:
    started = Workers(environment, 2)
    yield started
    for process in started.running:
        process.kill()
        process.wait()


@pytest.mark.processes
@pytest.mark.timeout(240)
def test_no_event_is_lost_and_none_has_its_effect_twice(
    services: Services, effects: TenantRef, workers: Workers
) -> None:
    signals.configure(lambda tenants: services.queues.send_many_once(spec_of(dispatch), tenants, FLAG))
    dice = random.Random(SEED)
    published: list[UUID] = []
    threads = [
        threading.Thread(target=publish, args=(services, effects, EVENTS // PUBLISHERS, published))
        for _ in range(PUBLISHERS)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 150
    emptied = False
    while time.monotonic() < deadline:
        time.sleep(dice.uniform(0.3, 1.5))  # the moments at which workers die are the point of this test
        if workers.kills < 20:
            workers.kill_one(dice.randrange(2))
        if not emptied and len(published) > EVENTS // 2:
            services.queues.connection.flushdb()
            emptied = True
        visit(services, effects)
        if not any(thread.is_alive() for thread in threads) and drained(services, effects):
            break
    signals.configure(None)
    assert set(workers.stop()) <= {0, -signal.SIGTERM}  # the latter where a new one had not begun to work
    assert emptied
    assert workers.kills >= 5
    assert len(published) == EVENTS
    with services.db.tenant_session(effects) as session:
        seen = Counter((row[0], row[1]) for row in session.execute(text("SELECT event_id, side FROM effects")))
    assert set(seen) == {(event, side) for event in published for side in ("left", "right")}
    assert set(seen.values()) == {1}


def publish(services: Services, tenant: TenantRef, count: int, published: list[UUID]) -> None:
    for _ in range(count):
        with services.db.open_tenant(tenant) as session, session.begin():
            event_id = record(session, Something(subject=new_id()))
        published.append(event_id)
        time.sleep(0.005)  # spreads the events over the time in which workers are killed


def drained(services: Services, tenant: TenantRef) -> bool:
    with services.db.tenant_session(tenant) as session:
        waiting = session.scalar(select(Event.id).where(Event.dispatched_at.is_(None)).limit(1))
        owed = session.scalar(select(Delivery.event_id).limit(1))
    return waiting is None and owed is None
