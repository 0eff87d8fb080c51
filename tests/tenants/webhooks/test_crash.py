"""Workers killed while they send: no delivery is lost, ids are stable, and little comes twice."""

import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from infra.db import TenantRef
from infra.services import Services
from tenants.webhooks import leases
from tenants.webhooks.catalogue import message_id
from tests.support.receivers import Receiver
from tests.support.waiting import until
from tests.tenants.webhooks.story import Workspace

pytestmark = pytest.mark.processes

EVENTS = 150
ROUNDS = 4
PACE = 0.02
"""Seconds that the receiver takes, so that some calls are on their way at every moment."""


@pytest.mark.timeout(400)
def test_no_delivery_is_lost_and_ids_are_stable(
    services: Services, own_tenant: TenantRef, environment: dict[str, str], project: Path
) -> None:
    gate = threading.Event()
    receiver = Receiver(lambda call: (gate.wait(PACE), 204)[1])
    workspace = Workspace(services, own_tenant)
    workspace.endpoint(receiver.url)
    events = workspace.happens(EVENTS)

    def start(ahead: float) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "tests.processes.webhook_worker", str(own_tenant.id), own_tenant.cell]
        return subprocess.Popen([*words, str(ahead)], cwd=project, env=environment)

    lease = leases.LEASE.total_seconds() + 1
    for number in range(ROUNDS):
        before = len(receiver.calls)
        workers = [start(number * lease), start(number * lease)]
        until(lambda before=before: len(receiver.calls) >= before + EVENTS // (ROUNDS + 2), "some calls")
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
        assert [worker.wait(10) for worker in workers] == [-signal.SIGKILL] * 2
    assert {row.state for row in workspace.rows()} > {"delivered"}, "the last workers had left something"
    last = start(ROUNDS * lease)
    until(lambda: {row.state for row in workspace.rows()} == {"delivered"}, "the rest", seconds=120)
    last.kill()
    last.wait(10)
    receiver.stop()

    seen = Counter(call.id for call in receiver.calls)
    assert set(seen) == {message_id(event) for event in events}
    bodies: dict[str, set[bytes]] = {}
    for call in receiver.calls:
        bodies.setdefault(call.id, set()).add(call.body)
    assert all(len(each) == 1 for each in bodies.values()), "the same id says the same"
    assert sum(seen.values()) - EVENTS <= ROUNDS * leases.AT_ONCE, "only what was on its way comes twice"
    assert receiver.most_at_once <= 2 * leases.AT_ONCE  # what a killed worker had begun still runs here
    interrupted = [row for row in workspace.rows() if any(e["outcome"] == "interrupted" for e in row.history)]
    assert interrupted
