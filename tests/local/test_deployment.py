"""What an operator copies works as it stands: the units' commands and the settings' table."""

import shlex
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from infra.jobs import Queues, looking
from infra.jobs.queues import SCHEDULE_ALIVE
from infra.local.ports import free_port
from infra.settings import PREFIX, Settings, load
from tests.e2e.conftest import own_queues
from tests.e2e.site import wait_until_alive

UNITS = "infra/deploy/systemd"
HOME = "/opt/rapport/.venv/bin/"


def unit(project: Path, name: str) -> dict[str, str]:
    """The last value of each key of a unit file."""
    lines = (project / UNITS / f"rapport-{name}.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def command(project: Path, name: str, port: int) -> list[str]:
    """What the unit starts, from this environment and on another port."""
    words = shlex.split(unit(project, name)["ExecStart"])
    assert words[0].startswith(HOME)
    words[0] = str(Path(sys.executable).parent / words[0].removeprefix(HOME))
    return [str(port) if before == "--port" else word for before, word in zip(["", *words], words, strict=False)]


@pytest.fixture
def started(
    environment: dict[str, str], project: Path
) -> Iterator[tuple[int, dict[str, str], list[subprocess.Popen[bytes]]]]:
    port = free_port()
    own = {
        **environment,
        "RAPPORT_VALKEY_URL": own_queues(environment["RAPPORT_VALKEY_URL"]),
        "RAPPORT_INBOUND_DOMAIN": "in.rapport.test",
        "RAPPORT_INBOUND_PORT": str(free_port()),
    }
    running = [
        subprocess.Popen(command(project, name, port), cwd=project, env=own)
        for name in ("web", "worker", "schedule", "inbound")
    ]
    yield port, own, running
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.processes
def test_the_units_commands_start_and_stop_in_order(
    started: tuple[int, dict[str, str], list[subprocess.Popen[bytes]]], project: Path
) -> None:
    port, own, running = started
    wait_until_alive(port, 120)
    deadline = time.monotonic() + 120
    queues = Queues(load(own)).connection
    while len(looking.look(load(own)).workers) < 2 or not queues.exists(SCHEDULE_ALIVE):
        assert time.monotonic() < deadline, "workers and schedule did not come"
        time.sleep(0.2)
    queues.close()
    with smtplib.SMTP("127.0.0.1", int(own["RAPPORT_INBOUND_PORT"])) as receiver:
        assert receiver.ehlo()[0] == 250
    for process in running:
        process.terminate()
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0, 0]


def test_every_setting_stands_in_the_operators_table_with_its_default(project: Path) -> None:
    text = (project / "docs/operating.md").read_text()
    for each in fields(Settings):
        default = f"`{each.default}`" if each.default != "" else "(empty)"
        assert f"| `{PREFIX}{each.name.upper()}` | {default} |" in text, each.name
