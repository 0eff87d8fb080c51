"""What Prometheus reads, with the processes that a machine really runs."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.db import TenantRef
from infra.local.ports import free_port
from infra.metrics import exporter
from tests.e2e.site import start, status, wait_until_alive
from tests.support.run import without_settings

pytestmark = pytest.mark.processes

Scrape = Callable[[], str]


@pytest.fixture
def port() -> int:
    return free_port(None)


@pytest.fixture
def counted(environment: dict[str, str], tmp_path: Path, port: int) -> dict[str, str]:
    """An environment in which processes count into a folder of their own."""
    return {
        **environment,
        "RAPPORT_METRICS_PORT": str(port),
        "RAPPORT_METRICS_TENANTS": "acme",
        "RAPPORT_DATA_DIR": str(tmp_path),
    }


def scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.read().decode()


def until(port: int, wanted: str, seconds: float = 30) -> str:
    """The figures, as soon as a line begins with what is wanted."""
    deadline, found = time.monotonic() + seconds, ""
    while time.monotonic() < deadline:
        try:
            found = scrape(port)
        except (urllib.error.URLError, ConnectionError):
            found = ""
        if any(line.startswith(wanted) for line in found.splitlines()):
            return found
        time.sleep(0.2)
    raise AssertionError(f"{wanted} was not served; there was:\n{found}")


@pytest.fixture
def site(counted: dict[str, str], project: Path, tmp_path: Path, acme: TenantRef) -> Iterator[int]:
    started = start(counted, project, tmp_path / "site.log")
    wait_until_alive(started.port, 30, "/healthz")
    yield started.port
    started.stop()


def test_both_web_processes_count_into_one_sum(site: int, port: int) -> None:
    for _ in range(20):
        assert status(site, "/console/sign-in", "acme.localhost") == 200
    assert status(site, "/nothing/of/the/sort", "acme.localhost") == 404
    assert status(site, "/nothing/else", "initech.localhost") == 404

    found = until(port, 'rapport_requests_total{endpoint="console.sign_in",status="2xx"} 20.0')

    assert 'rapport_requests_total{endpoint="none",status="4xx"} 2.0' in found
    assert 'rapport_request_seconds_count{endpoint="console.sign_in"} 20.0' in found
    assert 'rapport_tenant_requests_total{status="2xx",tenant="acme"} 20.0' in found
    assert "initech" not in found  # only tenants that a setting names have lines of their own
    assert "/nothing" not in found
    for line in (
        'rapport_source_up{source="control"} 1.0',
        'rapport_source_up{source="queues"} 1.0',
        'rapport_queue_waiting{queue="high"}',
        'rapport_tenants{cell="default",state="active"}',
        "rapport_failed_jobs ",
    ):
        assert line in found


def test_when_the_process_with_the_port_dies_another_takes_it(counted: dict[str, str], port: int) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(_Process(counted))
        until(port, "rapport_jobs_total")
        second = stack.enter_context(_Process(counted))
        both = 'rapport_jobs_total{job="tests.nothing",outcome="done"} 2.0'
        until(port, both)
        first.kill()
        first.wait()
        found = until(port, both)
        assert 'rapport_source_up{source="slow"} 0.0' in found
        assert second.poll() is None


class _Process:
    """A process that counts one job and stays, with a source of figures that never answers."""

    PROGRAM = (
        "import time; from infra import metrics; from infra.settings import load\n"
        "metrics.serve(load(), {'slow': lambda: time.sleep(3600)})\n"
        "metrics.job_ended('tests.nothing', 'done', 0.5)\n"
        "time.sleep(3600)\n"
    )

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", self.PROGRAM], env=environment)

    def __enter__(self) -> "subprocess.Popen[bytes]":
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def test_files_of_a_run_that_has_ended_are_forgotten(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"counter_{gone.pid}.db"
    left.touch()
    exporter._forget_the_dead(tmp_path)
    assert not left.exists()


def test_without_a_port_nothing_is_counted(environment: dict[str, str], tmp_path: Path) -> None:
    program = (
        "import sys; from infra import metrics; from infra.settings import load\n"
        "metrics.serve(load()); metrics.job_ended('x', 'done', 1.0)\n"
        "sys.exit('prometheus_client' in sys.modules)"
    )
    settings = {**without_settings(environment), "RAPPORT_DATA_DIR": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", program], env=settings, check=False).returncode == 0
    assert list(tmp_path.iterdir()) == []
