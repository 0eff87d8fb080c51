"""`make run` with real processes: it finds its data again, mends what a crash left, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import psycopg
import pytest
import redis

from infra.db import Databases
from infra.local.account import outside
from infra.local.ports import free_port
from tests.support.supervised import Supervised, data_folder, living, start
from tests.support.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(480)]
UP = "The stack is up"
READY = "Ready after"


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as made:
        yield made


def owner(run: Supervised) -> psycopg.Connection:
    return psycopg.connect(Databases(run.settings()).dsn("control", "owner"), autocommit=True)


def pid_of(folder: Path, key: str) -> int:
    return int(json.loads((folder / "run" / f"{key}.json").read_text())["pid"])


def answers(run: Supervised) -> bool:
    address = urllib.request.Request(
        f"http://127.0.0.1:{run.port}/healthz", headers={"Host": f"localhost:{run.port}"}
    )
    with urllib.request.urlopen(address, timeout=5) as response:
        return bool(response.status == 200)


def test_the_second_start_finds_everything_again(folder: Path) -> None:
    first = start(folder)
    first.wait_for(UP)
    before = first.settings()
    with owner(first) as connection:
        connection.execute("CREATE SCHEMA kept")
    with redis.Redis.from_url(before.valkey_url) as valkey:
        valkey.set("kept", "yes")
    first.tell(signal.SIGTERM)
    assert first.ended() == 0
    assert living(folder) == []

    second = start(folder)
    second.wait_for(UP)
    assert second.settings() == before
    with owner(second) as connection:
        assert connection.execute("SELECT to_regnamespace('kept') IS NOT NULL").fetchone() == (True,)
    with redis.Redis.from_url(before.valkey_url) as valkey:
        assert valkey.get("kept") == b"yes"
    second.tell(signal.SIGINT)
    assert second.ended() == 0


def test_after_a_crash_the_next_start_ends_what_was_left(folder: Path) -> None:
    first = start(folder, "run")
    first.wait_for(READY)
    first.tell(signal.SIGKILL)
    first.ended()
    left = living(folder)
    assert len(left) >= 5

    second = start(folder, "run", first.port)
    second.wait_for(READY)
    assert "of a run that did not stop in order" in second.said
    assert not set(left) & set(living(folder))
    assert answers(second)
    second.tell(signal.SIGTERM)
    assert second.ended() == 0
    assert living(folder) == []


def test_what_dies_is_started_again_and_the_end_leaves_no_process(folder: Path) -> None:
    run = start(folder, "run")
    run.wait_for(READY)
    for key, name in (("valkey", "Valkey"), ("worker", "Workers"), ("web", "Web")):
        os.kill(pid_of(folder, key), signal.SIGKILL)
        run.wait_for(f"{name} ended unexpectedly (by SIGKILL); starting it again.")
        run.wait_for(f"{name} is back.")
    with redis.Redis.from_url(run.settings().valkey_url) as valkey:
        assert valkey.ping()
    assert answers(run)

    run.tell(signal.SIGINT)
    assert run.ended(20) == 0
    until(lambda: living(folder) == [], "everything to end", told=lambda: str(living(folder)))


def test_a_taken_port_is_one_sentence(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port()))
        other.listen()
        port = other.getsockname()[1]
        run = start(folder, "run", port)
        assert run.ended() == 1

    assert run.said.splitlines()[-1] == (
        f"Port {port} is taken by another program: stop that program, "
        f"or choose another port with `make run PORT={port + 1}`."
    )
    assert living(folder) == []


def test_a_second_start_in_the_same_folder_says_who_is_there(folder: Path) -> None:
    first = start(folder)
    first.wait_for(UP)
    second = start(folder)
    assert second.ended() == 1
    assert f"already running from {folder} (process {first.process.pid})" in second.said
    first.tell(signal.SIGTERM)
    assert first.ended() == 0


def test_a_server_moves_when_somebody_took_its_port(folder: Path) -> None:
    first = start(folder)
    first.wait_for(UP)
    port = int(first.settings().valkey_url.rsplit(":", 1)[1].split("/")[0])
    first.tell(signal.SIGTERM)
    first.ended()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        second = start(folder)
        second.wait_for(UP)
        with redis.Redis.from_url(second.settings().valkey_url) as valkey:
            assert valkey.ping()
        second.tell(signal.SIGTERM)
        assert second.ended() == 0


def test_a_folder_that_cannot_be_written_is_one_sentence(folder: Path) -> None:
    (folder / "file").touch()
    environment = {**os.environ, "RAPPORT_DATA_DIR": str(folder / "file" / "data")}
    done = subprocess.run(
        [sys.executable, "-m", "infra.local", "up"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be written" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another account")
def test_root_in_a_closed_home_keeps_the_home_closed(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    data_dir = home / "data"
    data_dir.mkdir()
    run = start(data_dir)
    try:
        run.wait_for(UP)
        with owner(run) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert home.stat().st_mode & 0o777 == 0o700
        run.tell(signal.SIGTERM)
        assert run.ended() == 0
        rmtree(data_dir)
        data_dir.mkdir()
        run = start(data_dir)
        run.wait_for(UP)  # what lies outside belongs to keys that are gone, and does not stand in the way
    finally:
        run.tell(signal.SIGTERM)
        assert run.ended() == 0
        rmtree(outside(data_dir))
