"""Workers that die or are told to end in the middle: the work is done by another, and no half is ever seen."""

import signal
import subprocess
import sys
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from infra import clock, long_jobs
from infra.db import TenantRef
from infra.long_jobs.running import STALE_AFTER
from infra.services import Services
from infra.storage import ObjectMissing, StorageKey
from tests.processes.dying_worker import PIECE, PIECES, deadly, endless


@pytest.mark.processes
def test_a_killed_workers_file_is_made_by_another(
    services: Services, own_tenant: TenantRef, environment: dict[str, str]
) -> None:
    services.queues.connection.flushdb()
    with services.db.tenant_session(own_tenant) as session:
        job_id = long_jobs.start(session, deadly, by=SimpleNamespace(id=None), filename="lines.csv").id

    def run_worker() -> int:
        command = [sys.executable, "-m", "tests.processes.dying_worker"]
        return subprocess.run(command, env=environment, timeout=120, check=False).returncode

    def state() -> tuple[str, int, int]:
        with services.db.tenant_session(own_tenant) as session:
            found = long_jobs.get_long_job(session, job_id)
            return found.state, found.attempts, found.done

    assert run_worker() == -9
    assert state()[:2] == ("running", 1)
    with services.db.tenant_session(own_tenant) as session:
        assert not long_jobs.has_stale(session), "its last heartbeat is fresh"
        work = long_jobs.get_long_job(session, job_id)
        work.heartbeat_at = clock.now() - STALE_AFTER - timedelta(seconds=1)  # as if so much time had passed
        session.flush()
        assert long_jobs.has_stale(session)
        long_jobs.resume_stale(session)
    services.queues.connection.flushdb()  # also what was sent again is lost, and is sent once more
    with services.db.tenant_session(own_tenant) as session:
        long_jobs.get_long_job(session, job_id).heartbeat_at = clock.now() - STALE_AFTER - timedelta(seconds=1)
        session.flush()
        long_jobs.resume_stale(session)
    assert run_worker() == 0
    assert state() == ("done", 2, PIECES - 1)
    with services.db.tenant_session(own_tenant) as session:
        key = long_jobs.get_long_job(session, job_id).result_key
    assert key is not None
    size = sum(len(chunk) for chunk in services.storage.stream(StorageKey(key)))
    assert size == PIECES * len(PIECE)
    with pytest.raises(ObjectMissing):
        services.storage.get(StorageKey(key.replace("/2-result", "/1-result")))
    services.queues.connection.flushdb()


@pytest.mark.processes
def test_long_work_lets_go_when_its_worker_is_told_to_end(
    services: Services, own_tenant: TenantRef, environment: dict[str, str]
) -> None:
    services.queues.connection.flushdb()
    with services.db.tenant_session(own_tenant) as session:
        job_id = long_jobs.start(session, endless, by=SimpleNamespace(id=None)).id

    def state() -> str:
        with services.db.tenant_session(own_tenant) as session:
            found = long_jobs.get_long_job(session, job_id)
            return "at work" if found.done else found.state

    worker = subprocess.Popen([sys.executable, "-m", "tests.processes.dying_worker", "stay"], env=environment)
    try:
        deadline = time.monotonic() + 90
        while state() != "at work":
            assert time.monotonic() < deadline, "it was not taken up"
            time.sleep(0.05)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
    finally:
        worker.kill()
        worker.wait()
    assert state() == "waiting"
    later = services.queues.queue("bulk").scheduled_job_registry
    assert later.count == 1, "it is sent again in a moment"
    services.queues.connection.flushdb()
