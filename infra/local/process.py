"""One child process of the embedded stack: started, waited for, stopped, and found again after a crash."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.local import proc
from infra.local.account import Account
from infra.local.trouble import Trouble

LOG_LIMIT = 10 * 1024 * 1024
"""Bytes after which a component's log is set aside at the next start."""


@dataclass
class Process:
    """A program with its own session, log file and pid file. `answers` raises while it is not ready yet."""

    name: str  # for people: "PostgreSQL"
    key: str  # for files: "postgres"
    command: Sequence[str]
    data_dir: Path
    answers: Callable[[], None]
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    cwd: Path | None = None
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    popen: subprocess.Popen[bytes] | None = None

    @property
    def log_path(self) -> Path:
        return self.data_dir / "log" / f"{self.key}.log"

    @property
    def pid_path(self) -> Path:
        return _pid_path(self.data_dir, self.key)

    def start(self) -> None:
        """Ends what a crash left behind, then starts the program. `wait` tells when it answers."""
        end_leftover(self.data_dir, self.key)
        self.log_path.parent.mkdir(exist_ok=True)
        self.pid_path.parent.mkdir(exist_ok=True)
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_LIMIT:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        options = self.account.popen_options if self.account else {}
        with self.log_path.open("ab") as log:
            self.popen = subprocess.Popen(  # type: ignore[call-overload]
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.cwd or "/",
                env=dict(self.environment),
                start_new_session=True,
                **options,
            )
        self._remember(self.popen.pid)

    def wait(self, seconds: float = 60.0, given_up: Callable[[], bool] = lambda: False) -> None:
        """Returns when the program answers, or `given_up` says so. Raises Trouble when it ends or stays silent."""
        deadline = time.monotonic() + seconds
        while not given_up():
            if not self.alive:
                raise Trouble(f"{self.name} ended while starting: {self.last_words()} (all of it: {self.log_path})")
            try:
                return self.answers()
            except Exception as problem:
                if time.monotonic() > deadline:
                    raise Trouble(
                        f"{self.name} did not answer within {seconds:.0f} seconds ({problem}): "
                        f"{self.last_words()} (all of it: {self.log_path})"
                    ) from problem
            time.sleep(0.03)

    @property
    def alive(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def ask_to_stop(self) -> None:
        """Sends the signal for an orderly end and does not wait."""
        if self.popen is not None and self.popen.poll() is None:
            self.popen.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Ends the program and what it started: orderly first, by force after `stop_seconds`."""
        if self.popen is not None:
            self.ask_to_stop()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(self.stop_seconds)
            proc.end_session(self.popen.pid, signal.SIGKILL, seconds=5)
            self.popen.wait(5)
            self.popen = None
        self.pid_path.unlink(missing_ok=True)

    def how_it_ended(self) -> str:
        """The signal or exit code of a program that ended, for people."""
        code = self.popen.poll() if self.popen is not None else None
        if code is not None and code < 0:
            return f"by {signal.Signals(-code).name}"
        return f"with exit code {code}"

    def last_words(self) -> str:
        """The last line of the log that names a reason, or else the last one."""
        if not self.log_path.exists():
            return "it wrote nothing"
        lines = self.log_path.read_text(errors="replace")[-4000:].strip().splitlines()
        reasons = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "rror"))]
        return (reasons or lines or ["it wrote nothing"])[-1].strip()

    def _remember(self, pid: int) -> None:
        record = {
            "pid": pid,
            "started": proc.started(pid),
            "command": list(self.command),
            "signal": int(self.stop_signal),
            "seconds": self.stop_seconds,
        }
        self.pid_path.write_text(json.dumps(record))


def end_leftover(data_dir: Path, key: str) -> bool:
    """Ends the process that an earlier run left behind; True when there was one.

    The pid file is believed only when start time and command line of the process are what it says.
    """
    path = _pid_path(data_dir, key)
    try:
        known = json.loads(path.read_text())
        path.unlink()
        pid, since, command = known["pid"], known["started"], known["command"]
        how, seconds = signal.Signals(known["signal"]), known["seconds"]
    except (OSError, ValueError, KeyError):
        return False
    if not proc.is_ours(pid, since, command):
        return False
    found = proc.end_session(pid, how, seconds=seconds)
    return proc.end_session(pid, signal.SIGKILL, seconds=5) or found


def _pid_path(data_dir: Path, key: str) -> Path:
    return data_dir / "run" / f"{key}.json"
