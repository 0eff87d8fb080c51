"""A worker that is told to stop finishes the job it has begun, and takes no other."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from infra.db import TenantRef
from infra.events import record
from infra.events.jobs import FLAG, dispatch
from infra.events.models import Delivery
from infra.ids import new_id
from infra.jobs.declared import spec_of
from infra.services import Services
from tests.processes.chaos_worker import Something
from tests.support.waiting import until

STOPS_WITHIN = 10 + 5
"""Seconds: the ten that are promised, and some for a busy machine."""
SLOW = 60
"""Events, each of whose reactions takes a while: enough that the stop arrives in the middle."""


@pytest.mark.processes
def test_the_job_at_hand_is_finished_before_the_worker_ends(
    services: Services, own_tenant: TenantRef, environment: dict[str, str], tmp_path: Path
) -> None:
    with psycopg.connect(services.db.dsn("default", "owner")) as connection:
        table = sql.Identifier(own_tenant.schema, "effects")
        connection.execute(sql.SQL("CREATE TABLE {} (event_id uuid, side text)").format(table))
    services.queues.connection.flushdb()
    with services.db.tenant_session(own_tenant) as session:
        for _ in range(SLOW):
            record(session, Something(subject=new_id()))
    services.queues.send_once(spec_of(dispatch), own_tenant.id, FLAG)
    ready = tmp_path / "ready"
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.processes.chaos_worker", str(ready)],
        env={**environment, "CHAOS_PAUSE": "1.5"},
    )
    try:
        until(lambda: _at_work())
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=STOPS_WITHIN) == 0
    finally:
        worker.kill()
        worker.wait()
    with services.db.tenant_session(own_tenant) as session:
        done = session.scalar(text("SELECT count(*) FROM effects"))
        owed = session.query(Delivery).count()
    assert done == 2 * SLOW
    assert owed == 0


def _at_work() -> bool:
    """Whether a reaction is in the middle of its pause."""
    with psycopg.connect(os.environ["TESTS_SUPERUSER"]) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(%'"
        ).fetchone()
    return row is not None and row[0] > 0
