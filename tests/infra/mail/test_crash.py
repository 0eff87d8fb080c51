"""A worker that is killed at the worst moment: after the server took the mail, before the outcome was written."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from infra.clock import now
from infra.mail.leases import LEASE
from tests.infra.mail.conftest import Desk
from tests.infra.mail.sink import Sink
from tests.support.waiting import until

pytestmark = pytest.mark.processes


@pytest.fixture
def start(
    desk: Desk, sink: Sink, environment: dict[str, str], project: Path
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    command = [sys.executable, "-m", "tests.infra.mail.worker_process", str(desk.tenant.id), desk.tenant.cell]
    own = {**environment, "RAPPORT_SMTP_PORT": str(sink.port)}
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command, cwd=project, env=own))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait(10)


def test_a_mail_of_a_killed_worker_is_unknown_and_never_sent_twice(
    desk: Desk, sink: Sink, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    desk.ask("hang@example.org", "after@example.org")
    worker = start()
    until(lambda: len(sink.to("hang@example.org")) == 1, "the mail to reach the server")
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(10)
    assert desk.row("hang@example.org").state == "sending"
    desk.send()
    assert desk.row("hang@example.org").state == "sending"
    for hours in (1, 2):
        with time_machine.travel(now() + LEASE + timedelta(hours=hours)):
            desk.send()
    assert desk.row("hang@example.org").state == "unknown"
    assert desk.row("after@example.org").state == "accepted"
    assert len(sink.to("hang@example.org")) == len(sink.to("after@example.org")) == 1


def test_a_worker_process_sends_what_is_due(
    desk: Desk, sink: Sink, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    desk.ask("ann@example.org")
    workers = [start(), start()]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    assert len(sink.to("ann@example.org")) == 1
    assert desk.row("ann@example.org").state == "accepted"
