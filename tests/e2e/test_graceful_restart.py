"""The web process is restarted in the middle of the day: everybody gets an answer, and what they said is kept."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select

from infra.db import TenantRef
from infra.services import Services
from surveys import publishing, surveys
from surveys.models import Response
from tests.e2e.respondent import Respondent
from tests.e2e.site import wait_until_alive

RESPONDENTS = 12
RESTARTS = 3
BUSY_FOR = 1.5
WITHIN = 10
HANDS_ON = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1');"
    "os.execv(sys.executable, [sys.executable, '-m', 'infra.serve', '--workers', '2'])"
)
"""What systemd does with a socket unit: the listener as file descriptor 3, and whom it is meant for."""


class Crowd:
    """Respondents who answer one survey after the other until they are told that it is enough."""

    def __init__(self, port: int, host: str, address: str) -> None:
        self._where = (port, host, address)
        self._lock = threading.Lock()
        self._enough = threading.Event()
        self.came_of_it: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._answer) for _ in range(RESPONDENTS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _answer(self) -> None:
        while not self._enough.is_set():
            somebody = Respondent(*self._where)
            try:
                opened, _ = somebody.get()
                outcome = f"kept {somebody.send(8)[0]}" if opened == 200 else f"not opened {opened}"
            except (OSError, http.client.HTTPException) as problem:
                outcome = f"lost: {type(problem).__name__}"
            with self._lock:
                self.came_of_it[outcome] += 1


class Door:
    """A listener that is held open, and the web process behind it."""

    def __init__(self, environment: Mapping[str, str], project: Path) -> None:
        self._held = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._held.getsockname()[1]
        self._start = (environment | {"RAPPORT_BASE_URL": f"http://localhost:{self.port}"}, project)
        self._web = self._open()

    def restart(self) -> float:
        """Ends the web process and starts the next; the seconds in which the old one ended."""
        began = time.monotonic()
        self._web.terminate()
        assert self._web.wait(timeout=30) == 0
        took = time.monotonic() - began
        self._web = self._open()
        return took

    def close(self) -> None:
        self._web.terminate()
        self._web.wait(timeout=30)
        self._held.close()

    def _open(self) -> subprocess.Popen[bytes]:
        environment, project = self._start
        held = self._held.fileno()
        command = [sys.executable, "-c", HANDS_ON, str(held)]
        return subprocess.Popen(command, pass_fds=[held], env=environment, cwd=project)


@pytest.fixture
def door(environment: dict[str, str], project: Path) -> Iterator[Door]:
    own = {**os.environ, **environment, "RAPPORT_DEVELOPMENT": "yes", "RAPPORT_ANSWERS_PER_MINUTE": "1000000"}
    opened = Door(own, project)
    yield opened
    opened.close()


@pytest.mark.processes
@pytest.mark.timeout(240)
def test_nobody_is_lost_when_the_web_process_is_restarted(
    services: Services, own_tenant: TenantRef, door: Door
) -> None:
    with services.db.tenant_session(own_tenant) as session:
        survey = surveys.create_from_template(session, "nps", zone="UTC")
        publishing.publish(session, survey)
        address = survey.address
    wait_until_alive(door.port, 90)
    crowd = Crowd(door.port, f"{own_tenant.slug}.localhost", address)
    took = []
    for _ in range(RESTARTS):
        time.sleep(BUSY_FOR)  # each stop arrives in the middle of work
        took.append(door.restart())
        wait_until_alive(door.port, 90)
    crowd.stop()

    assert set(crowd.came_of_it) == {"kept 303"}, crowd.came_of_it
    assert max(took) < WITHIN
    with services.db.tenant_session(own_tenant) as session:
        stored = session.scalar(select(func.count()).select_from(Response).where(Response.state == "finished"))
    assert stored == crowd.came_of_it["kept 303"] > RESPONDENTS
