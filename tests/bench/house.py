"""The machinery under the measures: one embedded stack with fsync on, the product and the floors under granian."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from sqlalchemy import select

from infra.db import TenantRef
from infra.local.ports import free_port
from infra.local.stack import Stack
from infra.services import Services
from infra.settings import Settings
from tenants import provisioning
from tenants.migrations import CONTROL, TENANT, migrate_control, migrate_tenants
from tenants.models import Tenant
from tests.support.run import to_environment, without_settings

FOLDER = Path(".bench")
PATIENT = dict.fromkeys(("RAPPORT_ANSWERS_PER_MINUTE", "RAPPORT_ANSWERS_PER_MINUTE_OF_ALL"), "100000000")
"""Settings of a server that takes as many answers as one machine can send."""
FLAGS = ("--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--no-ws", "--log-level", "warning")
"""The same for the product and for each floor."""


@dataclass(frozen=True, slots=True)
class House:
    """What a measure works with. `rounds` and `seconds` say how long it may look."""

    services: Services
    superuser: str
    rounds: int
    seconds: float

    @property
    def settings(self) -> Settings:
        return self.services.settings

    def host(self, slug: str) -> str:
        """The tenant's host."""
        return f"{slug}.{urlsplit(self.settings.base_url).netloc}"


def own_tenant(services: Services, slug: str) -> TenantRef:
    """A tenant of a measure's own, kept between runs: other measures leave it alone."""
    with services.db.control_session() as session:
        row = session.execute(select(Tenant.id, Tenant.cell).where(Tenant.slug == slug)).one_or_none()
    if row is not None:
        return TenantRef(row.id, slug, row.cell)
    provisioning.make_spare(services.db, services.keys, "default")
    return provisioning.open_tenant(services.db, slug, "Bench", actor="bench", prepare=lambda session: None)


@contextmanager
def opened(*, rounds: int, seconds: float) -> Iterator[House]:
    """The stack in `.bench/data`, kept between runs because making a thousand tenants takes minutes."""
    data = (FOLDER / "data").resolve()
    stack = Stack(data, environ=without_settings(os.environ), default_ports={}, durable=True)
    settings = replace(stack.start(), pool_size=8, development=False, spare_tenants=0)
    assert stack.postgres is not None
    services = Services.start(settings)
    try:
        migrate_control(services.db, CONTROL)
        provisioning.ensure_cells(services.db)
        migrate_tenants(services.db, TENANT)  # kept ones are as old as the run that made them
        yield House(services, stack.postgres.dsn, rounds, seconds)
    finally:
        services.stop()
        with psycopg.connect(stack.postgres.dsn, autocommit=True) as connection:
            connection.execute("CHECKPOINT")  # else the disk may need longer than a stop waits
        stack.stop()


@contextmanager
def serving(house: House, target: str, **environment: str) -> Iterator[int]:
    """Runs a WSGI target ("wsgi:app" or a floor's module) and gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "granian", *FLAGS, "--host", "127.0.0.1", "--port", str(port), target]
    full = {**without_settings(os.environ), **to_environment(house.settings), **environment}
    log = (FOLDER / "servers.log").open("ab")
    process = subprocess.Popen(command, env=full, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_for(port, process)
        yield port
    finally:
        _end(process)
        log.close()


@contextmanager
def working(house: House) -> Iterator[int]:
    """Runs one worker that drains events, as beside every product, and gives its process id."""
    full = {**without_settings(os.environ), **to_environment(house.settings)}
    log = (FOLDER / "servers.log").open("ab")
    rapport = str(Path(sys.executable).parent / "rapport")
    process = subprocess.Popen([rapport, "worker"], env=full, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def floor_environment(house: House, page_bytes: int = 8000) -> Mapping[str, str]:
    """The floors' tables, made anew, and where they are."""
    with psycopg.connect(house.superuser, dbname="rapport", autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS floor CASCADE")
        connection.execute("CREATE SCHEMA floor")
        connection.execute("CREATE TABLE floor.surveys (id int PRIMARY KEY, title text NOT NULL)")
        connection.execute("INSERT INTO floor.surveys SELECT n, 'Survey ' || n FROM generate_series(0, 99) n")
        connection.execute("CREATE TABLE floor.answers (id uuid PRIMARY KEY, survey int, answers jsonb)")
    return {"FLOOR_DSN": database_dsn(house), "FLOOR_PAGE_BYTES": str(page_bytes)}


def database_dsn(house: House) -> str:
    """The superuser's address of the product's database."""
    return psycopg.conninfo.make_conninfo(house.superuser, dbname="rapport")


def pgbench(house: House, clients: int = 8, seconds: int = 4) -> float | None:
    """Transactions per second of the floor's INSERT by pgbench; None when it is not installed."""
    found = shutil.which("pgbench") or next(iter(map(str, Path("/usr/lib/postgresql").glob("*/bin/pgbench"))), None)
    if found is None:
        return None
    script = FOLDER / "insert.sql"
    script.write_text('INSERT INTO floor.answers VALUES (gen_random_uuid(), 1, \'{"q": 9, "t": "some words"}\');\n')
    told = subprocess.run(
        [found, "-n", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", str(script), database_dsn(house)],
        capture_output=True,
        text=True,
        check=True,
    )
    tps = re.search(r"tps = ([\d.]+)", told.stdout)
    return float(tps[1]) if tps else None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asks until the server ends: granian's main process was seen to miss a SIGTERM just after its start."""
    for _ in range(10):
        process.terminate()
        try:
            process.wait(3)
            return
        except subprocess.TimeoutExpired:
            continue
    process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended while starting; see {FOLDER}/servers.log")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not answer within 90 seconds")
