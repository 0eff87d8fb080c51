"""One embedded stack per test run, in a temporary folder, with a template database that workers copy."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import boto3
import psycopg
from psycopg import sql

from infra.crypto.store import create_tables
from infra.local.bootstrap import bootstrap
from infra.local.postgres import embedded, installed
from infra.local.process import end_leftover
from infra.local.stack import Stack
from infra.services import Services
from infra.settings import PREFIX, Settings, load
from tenants import provisioning
from tenants.migrations import CONTROL, migrate_control

FOLDER = "rapport-tests-"
TEMPLATE, TEMPLATE_B = "template_rapport", "template_rapport_b"
TENANTS = (
    ("acme", "Acme Coffee Roasters", "default"),
    ("globex", "Globex", "default"),
    ("initech", "Initech", "b"),
)
"""Slug, name and cell of the tenants that are in every test database."""


class Run:
    """The servers of one test run; `environment` is what another process needs to use them."""

    def __init__(self, *, system_postgres: bool) -> None:
        remove_abandoned()
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER))
        self.folder.chmod(0o711)
        self.stack = Stack(
            self.folder,
            environ=without_settings(os.environ),
            make_postgres=installed if system_postgres else embedded,
            durable=False,
            default_ports={},
        )

    def start(self) -> dict[str, str]:
        """Starts the servers and makes the templates; returns the environment for the workers."""
        settings = self.stack.start()
        assert self.stack.postgres is not None
        make_templates(self.stack.postgres.dsn, settings)
        return {**to_environment(settings), "TESTS_SUPERUSER": self.stack.postgres.dsn}

    def stop(self) -> None:
        """Stops the servers and removes the folder."""
        self.stack.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def make_templates(superuser: str, settings: Settings) -> None:
    """Two databases with real migrations and the tenants of TENANTS: the default cell and cell `b`."""
    bootstrap(superuser, settings, [TEMPLATE, TEMPLATE_B])
    services = Services.start(for_databases(settings, TEMPLATE, TEMPLATE_B))
    try:
        migrate_control(services.db, CONTROL)
        for cell in services.db.addresses:
            create_tables(services.db.engine(cell, "keys"))
        provisioning.ensure_cells(services.db)
        for slug, name, cell in TENANTS:
            provisioning.make_spare(services.db, services.keys, cell)
            provisioning.open_tenant(services.db, slug, name, actor="tests", prepare=lambda session: None)
    finally:
        services.stop()


def worker_settings(superuser: str, settings: Settings, worker: str) -> Settings:
    """Databases, bucket and Valkey database of one xdist worker (`gw0`, or `main` without xdist)."""
    names = (f"tests_{worker}", f"tests_{worker}_b")
    for name, template in zip(names, (TEMPLATE, TEMPLATE_B), strict=True):
        bootstrap(superuser, settings, [name], template=template)
    bucket = f"tests-{worker}"
    make_bucket(settings, bucket)
    number = int(worker.removeprefix("gw")) + 1 if worker.startswith("gw") else 0
    valkey = urlunsplit(urlsplit(settings.valkey_url)._replace(path=f"/{number}"))
    return replace(for_databases(settings, *names), s3_bucket=bucket, valkey_url=valkey)


def make_bucket(settings: Settings, name: str) -> None:
    """Makes a bucket by the server's own call: it keeps a list of its folders and overlooks one made beside it."""
    client = boto3.client(
        "s3",
        region_name=settings.s3_region,
        endpoint_url=settings.s3_endpoint,
        aws_access_key_id=settings.s3_key,
        aws_secret_access_key=settings.s3_secret,
    )
    client.create_bucket(Bucket=name)
    client.close()


def for_databases(settings: Settings, name: str, name_b: str) -> Settings:
    """The settings with other databases of the same server: control plane and cell `default`, and cell `b`."""
    address, address_b = (
        urlunsplit(urlsplit(settings.control_database)._replace(path="/" + database)) for database in (name, name_b)
    )
    return replace(settings, control_database=address, cells=f"default={address} b={address_b}")


def to_environment(settings: Settings) -> dict[str, str]:
    """Settings as environment variables, for a child process."""
    shown = {True: "yes", False: "no"}
    return {
        PREFIX + name.upper(): shown[value] if isinstance(value, bool) else str(value)
        for name, value in asdict(settings).items()
    }


def without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what this shell has set for Rapport."""
    return {name: value for name, value in environ.items() if not name.startswith(PREFIX)}


def from_environment() -> tuple[str, Settings]:
    """The superuser's address and the settings that the controller exported."""
    return os.environ["TESTS_SUPERUSER"], load()


def drop_databases(superuser: str, settings: Settings) -> None:
    """Drops a worker's databases; needed when one run's server serves many workers one after another."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        for address in settings.cell_addresses.values():
            name = sql.Identifier(urlsplit(address).path.removeprefix("/"))
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def remove_abandoned() -> None:
    """Ends and removes the stacks of runs that were killed: their folder's lock is held by nobody."""
    for folder in Path(tempfile.gettempdir()).glob(FOLDER + "*"):
        with _unlocked(folder) as abandoned:
            if abandoned:
                for record in (folder / "run").glob("*.json"):
                    end_leftover(folder, record.stem)
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _unlocked(folder: Path) -> Iterator[bool]:
    try:
        lock = (folder / "lock").open("r+")
    except OSError:  # just being made, or somebody else's
        yield False
        return
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
