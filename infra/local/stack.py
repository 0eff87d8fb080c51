"""The whole embedded stack: which parts a set of settings needs, started together and stopped together."""

import fcntl
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from infra.local import settings_file
from infra.local.bootstrap import bootstrap
from infra.local.inbox import Inbox
from infra.local.mailbox import Mailbox
from infra.local.ports import free_port
from infra.local.postgres import Postgres, embedded
from infra.local.process import Process, end_leftover
from infra.local.s3 import s3
from infra.local.trouble import Trouble
from infra.local.valkey import valkey
from infra.settings import PREFIX, Settings, load

DEFAULT_PORTS = {"postgres": 15432, "valkey": 16379, "s3": 19000, "smtp": 16025, "inbox": 16080}
MakePostgres = Callable[..., Postgres]


@dataclass
class Stack:
    """Servers that live in one data folder. A part whose address the environment names is left out."""

    data_dir: Path
    base_url: str = "http://localhost:8000"
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    make_postgres: MakePostgres = embedded
    durable: bool = True
    default_ports: Mapping[str, int] = field(default_factory=lambda: DEFAULT_PORTS)
    processes: list[Process] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    postgres: Postgres | None = None
    mailbox: Mailbox | None = None
    inbox: Inbox | None = None
    empty: bool = False
    """Whether this start made a new, empty PostgreSQL."""
    _lock: IO[str] | None = None

    def start(self) -> Settings:
        """Starts every part, writes `settings.env`, makes roles and database; returns the settings.

        Raises Trouble, with nothing left running, when a part cannot start.
        """
        self.claim_folder()
        try:
            self._start_parts()
            return self.settings()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops every part, PostgreSQL last, and lets the folder go."""
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()
        if self.inbox is not None:
            self.inbox.stop()
        if self.mailbox is not None:
            self.mailbox.stop()
        self.inbox = self.mailbox = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def settings(self) -> Settings:
        """The settings as every process of this folder sees them."""
        return load({**self.environ, PREFIX + "DATA_DIR": str(self.data_dir)})

    @property
    def inbox_url(self) -> str | None:
        return f"http://localhost:{self.ports['inbox']}" if self.inbox else None

    @property
    def mail_folder(self) -> Path:
        return self.data_dir / "mail"

    def _start_parts(self) -> None:
        known = settings_file.read(self.data_dir)
        values = settings_file.with_secrets(self.data_dir, known)
        if self._embeds("control_database"):
            self._add_postgres(known)
        if self._embeds("valkey_url"):
            self._add_valkey(known, values)
        if self._embeds("s3_endpoint"):
            self._add_s3(known, values)
        for process in self.processes:
            process.start()
        for process in self.processes:
            process.wait()
        if self._embeds("smtp_host"):
            self._open_mailbox(known)
        settings_file.write(self.data_dir, {**values, **self._addresses(values)})
        if self.postgres is not None:
            bootstrap(self.postgres.dsn, self.settings())

    def _embeds(self, setting: str) -> bool:
        return PREFIX + setting.upper() not in self.environ

    def _add_postgres(self, known: Mapping[str, str]) -> None:
        orphaned = not (self.data_dir / "superuser").exists()
        password = settings_file.kept_secret(self.data_dir / "superuser")
        port = self._port("postgres", known.get("control_database"))
        self.postgres = self.make_postgres(self.data_dir, port, password, durable=self.durable)
        folder = self.postgres.folder
        outside = self.data_dir not in folder.parents
        if (
            orphaned and outside and folder.exists()
        ):  # the data folder was deleted, and this lay outside: its keys are gone
            folder.rename(folder.with_name(f"postgres-without-keys-{int(time.time())}"))
        self.empty = not folder.exists()
        self.processes.append(self.postgres.process())

    def _add_valkey(self, known: Mapping[str, str], values: dict[str, str]) -> None:
        password = settings_file.kept_secret(self.data_dir / "valkey.password")
        port = self._port("valkey", known.get("valkey_url"))
        self.processes.append(valkey(self.data_dir, port, password))
        values["valkey_url"] = f"redis://:{password}@127.0.0.1:{port}/0"

    def _add_s3(self, known: Mapping[str, str], values: Mapping[str, str]) -> None:
        port = self._port("s3", known.get("s3_endpoint"))
        self.processes.append(s3(self.data_dir, port, values["s3_key"], values["s3_secret"], Settings.s3_bucket))

    def _open_mailbox(self, known: Mapping[str, str]) -> None:
        wanted = int(known["smtp_port"]) if "smtp_port" in known else None
        self.ports["smtp"] = free_port(wanted or self.default_ports.get("smtp"), avoid=self.ports.values())
        self.ports["inbox"] = free_port(self.default_ports.get("inbox"), avoid=self.ports.values())
        self.mailbox = Mailbox(self.mail_folder, self.ports["smtp"])
        self.mailbox.start()
        self.inbox = Inbox(self.mail_folder, self.ports["inbox"])
        self.inbox.start()

    def _addresses(self, values: Mapping[str, str]) -> dict[str, str]:
        """Where the started parts answer. Values of parts that are left out are not written."""
        found = {"base_url": self.base_url, "data_dir": str(self.data_dir), "development": "yes"}
        found["log_format"] = "console"
        found["http_networks"] = "127.0.0.0/8 ::1/128"  # so that a webhook can be tried on one machine
        if "postgres" in self.ports:
            found["control_database"] = f"postgresql://127.0.0.1:{self.ports['postgres']}/rapport"
        if "s3" in self.ports:
            found["s3_endpoint"] = f"http://127.0.0.1:{self.ports['s3']}"
        if self.mailbox is not None:
            found |= {"smtp_host": "127.0.0.1", "smtp_port": str(self.ports["smtp"])}
        return found

    def _port(self, part: str, last_address: str | None) -> int:
        """The port of the last start, unless somebody else took it. A leftover of a crash is ended first."""
        end_leftover(self.data_dir, part)
        last = urlsplit(last_address).port if last_address else None
        self.ports[part] = free_port(last or self.default_ports.get(part), avoid=self.ports.values())
        return self.ports[part]

    def claim_folder(self) -> None:
        """Makes the data folder and takes its lock: two stacks in one folder would destroy each other."""
        if self._lock is not None:
            return
        try:
            self.data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._lock = (self.data_dir / "lock").open("a+")
        except OSError as problem:
            raise Trouble(
                f"The folder {self.data_dir} cannot be written ({problem.strerror}): "
                "run this as its owner, or name another one in RAPPORT_DATA_DIR."
            ) from problem
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "?"
            self._lock.close()
            self._lock = None
            raise Trouble(
                f"Rapport is already running from {self.data_dir} (process {holder}): stop it first, "
                "or name another folder in RAPPORT_DATA_DIR."
            ) from problem
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
