"""Workers killed at random moments and Valkey emptied: no event is lost, none has its effect twice."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import func, select, text

from infra.db import TenantRef
from infra.events import record, signals
from infra.events.dispatch import has_work
from infra.events.jobs import FLAG, dispatch
from infra.events.models import Delivery, Event
from infra.ids import new_id
from infra.jobs.declared import spec_of
from infra.services import Services
from tenants import jobs as tenant_jobs
from tenants.jobs import Sweep, visit
from tests.processes.chaos_worker import Something

EVENTS = 2000
PUBLISHERS = 4
KILLS = 8
SEED = 20261122
PATIENCE = 240
"""Seconds until the test gives up: a guard against hanging, far beyond what a busy machine needs."""


@pytest.fixture
def effects(services: Services, own_tenant: TenantRef) -> TenantRef:
    """The tenant with a table in which an effect could be written twice."""
    with psycopg.connect(services.db.dsn("default", "owner")) as connection:
        table = sql.Identifier(own_tenant.schema, "effects")
        connection.execute(sql.SQL("CREATE TABLE {} (event_id uuid, side text)").format(table))
    return own_tenant


class Workers:
    """Worker processes that are killed and replaced."""

    def __init__(self, environment: dict[str, str], folder: Path, count: int) -> None:
        self._environment = environment
        self._folder = folder
        self._started = 0
        self._ready: dict[int, Path] = {}
        self.running = [self._start(which) for which in range(count)]
        self.kills = 0

    def kill_one(self, which: int) -> None:
        """Kills a worker that has begun to work; leaves one that is still starting."""
        if not self._ready[which].exists():
            return
        self.running[which].kill()
        self.running[which].wait()
        self.running[which] = self._start(which)
        self.kills += 1

    def stop(self) -> list[int]:
        for process in self.running:
            process.terminate()
        return [process.wait(timeout=15) for process in self.running]

    def _start(self, which: int) -> subprocess.Popen[bytes]:
        self._started += 1
        self._ready[which] = self._folder / f"worker-{self._started}"
        command = [sys.executable, "-m", "tests.processes.chaos_worker", str(self._ready[which])]
        return subprocess.Popen(command, env=self._environment)


@pytest.fixture
def workers(environment: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    started = Workers(environment, tmp_path, 2)
    yield started
    for process in started.running:
        process.kill()
        process.wait()


@pytest.mark.processes
@pytest.mark.timeout(PATIENCE + 60)
def test_no_event_is_lost_and_none_has_its_effect_twice(
    services: Services, effects: TenantRef, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_jobs, "_sweeps", [Sweep(has_work, dispatch, FLAG)])
    signals.configure(lambda tenants: services.queues.send_many_once(spec_of(dispatch), tenants, FLAG))
    dice = random.Random(SEED)
    published: list[UUID] = []
    threads = [
        threading.Thread(target=publish, args=(services, effects, workers, published)) for _ in range(PUBLISHERS)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + PATIENCE
    emptied = done = False
    while not done and time.monotonic() < deadline:
        time.sleep(dice.uniform(0.3, 1.5))  # the moments at which workers die are the point of this test
        if workers.kills < KILLS:
            workers.kill_one(dice.randrange(2))
        if not emptied and len(published) > EVENTS // 2:
            services.queues.connection.flushdb()
            emptied = True
        visit(services, effects)  # what the sweeper does for each tenant: a lost job costs time, never an event
        done = not any(thread.is_alive() for thread in threads) and drained(services, effects)
    signals.configure(None)
    assert set(workers.stop()) <= {0, -signal.SIGTERM}  # the latter where a new one had not begun to work
    assert emptied
    assert workers.kills == KILLS
    assert len(published) == EVENTS
    assert done, f"not everything was delivered within {PATIENCE} seconds: {waiting(services, effects)}"
    with services.db.tenant_session(effects) as session:
        seen = Counter((row[0], row[1]) for row in session.execute(text("SELECT event_id, side FROM effects")))
    owed = {(event, side) for event in published for side in ("left", "right")}
    assert not owed - set(seen), "lost"
    assert not set(seen) - owed, "invented"
    assert set(seen.values()) == {1}


def publish(services: Services, tenant: TenantRef, workers: Workers, published: list[UUID]) -> None:
    """Its share of the events, spread over the whole time in which workers are killed."""
    for _ in range(EVENTS // PUBLISHERS):
        while len(published) >= EVENTS * (workers.kills + 1) / (KILLS + 1) and workers.kills < KILLS:
            time.sleep(0.01)  # the next stretch begins with the next kill
        with services.db.open_tenant(tenant) as session, session.begin():
            event_id = record(session, Something(subject=new_id()))
        published.append(event_id)
        time.sleep(0.003)  # events arrive one after the other, not at once


def drained(services: Services, tenant: TenantRef) -> bool:
    return waiting(services, tenant) == (0, 0)


def waiting(services: Services, tenant: TenantRef) -> tuple[int, int]:
    """How many events are not dispatched yet, and how many deliveries are owed or failed."""
    with services.db.tenant_session(tenant) as session:
        events = select(func.count()).select_from(Event).where(Event.dispatched_at.is_(None))
        deliveries = select(func.count()).select_from(Delivery)
        return session.scalar(events) or 0, session.scalar(deliveries) or 0
