"""`make run`: the embedded stack, the migrations, the demo, then web, workers and scheduler, until told to stop."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from infra.local import settings_file
from infra.local.ports import free_port, is_free
from infra.local.process import Process, end_leftover
from infra.local.stack import Stack
from infra.local.trouble import Trouble
from infra.settings import PREFIX
from infra.told import Told

WEB_PORT = 8000
METRICS_PORT = 16090
INBOUND_PORT = 16125
LOOK_EVERY = 0.5
"""Seconds between two looks at the components."""
TOO_OFTEN = 5
"""A component that ended this many times within a minute is not started again."""
PROJECT = Path(__file__).parents[2]
STARTED = {
    "web": "web",
    "worker": "the workers",
    "schedule": "the scheduler",
    "inbound": "the receiver of mail",
}
"""Our own processes by their keys, as a sentence names them."""


@dataclass
class Supervisor:
    """Starts everything in order, keeps it running, and stops it in the opposite order."""

    data_dir: Path
    port: int
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    ended: Told = field(default_factory=Told)
    own: list[Process] = field(default_factory=list)
    deaths: dict[str, list[float]] = field(default_factory=dict)

    def run(self) -> None:
        """Runs until SIGINT or SIGTERM. Raises Trouble when something cannot start or does not stay up."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, lambda *_: self.ended.set())
        began = time.monotonic()
        stack = Stack(self.data_dir, base_url=self._base_url(), environ=self.environ)
        stack.claim_folder()
        try:
            self._end_leftovers()
            self._check_port()
            stack.start()
            if stack.empty and self._migrated.exists():  # somebody deleted the database alone
                self._migrated.unlink()
                self._demo.unlink(missing_ok=True)
            if self._prepare() and self._start_product():
                say(f"Ready after {time.monotonic() - began:.1f} s.\n")
                say(self._welcome(stack))
                self._watch(stack)
        finally:
            self._stop(stack)

    @cached_property
    def _metrics_port(self) -> str:
        return self.environ.get(PREFIX + "METRICS_PORT") or str(free_port(METRICS_PORT))

    @cached_property
    def _inbound_port(self) -> str:
        """Where mail is received; "0" in the environment turns it off."""
        return self.environ.get(PREFIX + "INBOUND_PORT") or str(free_port(INBOUND_PORT))

    @property
    def _inbound_domain(self) -> str:
        """Mail to hello@acme.<this> is the demo tenant's."""
        given = self.environ.get(PREFIX + "INBOUND_DOMAIN")
        return given or urlsplit(self._base_url()).hostname or "localhost"

    def _base_url(self) -> str:
        given = self.environ.get(PREFIX + "BASE_URL")
        return given or f"http://localhost:{self.port}"

    def _end_leftovers(self) -> None:
        for key, name in STARTED.items():
            if end_leftover(self.data_dir, key):
                say(f"Ended {name} of a run that did not stop in order.")

    def _check_port(self) -> None:
        if not is_free(self.port):
            raise Trouble(
                f"Port {self.port} is taken by another program: stop that program, "
                f"or choose another port with `make run PORT={self.port + 1}`."
            )

    def _prepare(self) -> bool:
        """Migrations and, on the first start, the demo. False when told to stop meanwhile."""
        due = self._migrations()
        if not self._migrated.exists() or self._migrated.read_text() != due:
            self._command("migrate", "The migrations failed")
            self._migrated.write_text(due)
        if not self._demo.exists() and not self.ended.is_set():
            say("First start: filling the demo tenant with a year of its story.")
            said = self._command("demo", "The demo could not be filled")
            if not self.ended.is_set():
                settings_file.private_file(self._demo, said.encode())
        return not self.ended.is_set()

    @property
    def _migrated(self) -> Path:
        """The migrations that were run here last; a start that has no new ones need not ask every tenant."""
        return self.data_dir / "migrated"

    def _migrations(self) -> str:
        """A fingerprint of all migrations and of the databases that they go to."""
        seen = sha256(repr([self.environ.get(PREFIX + name) for name in ("CONTROL_DATABASE", "CELLS")]).encode())
        for path in sorted((PROJECT / "migrations").rglob("*.py")):
            seen.update(path.read_bytes())
        return seen.hexdigest()

    @property
    def _demo(self) -> Path:
        """What `rapport demo` said: the sign-ins. Shown at each start; the file also says that it was done."""
        return self.data_dir / "demo.txt"

    def _command(self, name: str, complaint: str) -> str:
        """Runs `rapport <name>` to its end and returns what it said; a signal to stop ends it too."""
        command = subprocess.Popen(
            [str(_rapport()), name],
            cwd=PROJECT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._end_when_told, args=(command,), daemon=True).start()
        said, _ = command.communicate()
        if command.returncode and not self.ended.is_set():
            raise Trouble(
                f"{said.strip()}\n{complaint} (`rapport {name}` ended with {command.returncode}, see above)."
            )
        return said

    def _end_when_told(self, command: "subprocess.Popen[str]") -> None:
        while command.poll() is None:
            if self.ended.wait(LOOK_EVERY):
                command.terminate()
                return

    def _start_product(self) -> bool:
        self.own = [
            self._web(),
            self._rapport_process("worker", "Workers"),
            self._rapport_process("schedule", "Scheduler"),
        ]
        if self._inbound_port != "0":
            self.own.append(self._rapport_process("inbound", "Mail receiver"))
        web, *others = self.own
        web.start()
        web.wait(given_up=self.ended.is_set)  # first and alone: people wait for it, and nobody for the others
        for process in others:
            process.start()
        return not self.ended.is_set()

    def _web(self) -> Process:
        """Granian with two workers of four threads; it answers when a request does."""
        command = [
            sys.executable,
            "-m",
            "infra.serve",
            "--port",
            str(self.port),
            "--workers",
            "2",
            "--threads",
            "4",
        ]
        address = f"http://127.0.0.1:{self.port}/healthz"
        host = urlsplit(self._base_url()).netloc

        def answers() -> None:
            request = urllib.request.Request(address, headers={"Host": host})
            with urllib.request.urlopen(request, timeout=3):
                return

        return Process("Web", "web", command, self.data_dir, answers, self._environment(), PROJECT)

    def _rapport_process(self, name: str, title: str) -> Process:
        command = [sys.executable, "-m", name]
        return Process(title, name, command, self.data_dir, lambda: None, self._environment(), PROJECT)

    def _environment(self) -> dict[str, str]:
        own = {
            "DATA_DIR": str(self.data_dir),
            "METRICS_PORT": self._metrics_port,
            "INBOUND_PORT": self._inbound_port,
            "INBOUND_DOMAIN": self._inbound_domain,
        }
        return {**self.environ, **{PREFIX + name: value for name, value in own.items()}, "PYTHONUNBUFFERED": "1"}

    def _watch(self, stack: Stack) -> None:
        """Starts again what ended by itself, with a sentence, until told to stop."""
        while not self.ended.wait(LOOK_EVERY):
            for process in [*stack.processes, *self.own]:
                if not process.alive:
                    self._revive(process)

    def _revive(self, process: Process) -> None:
        moment = time.monotonic()
        recent = [death for death in self.deaths.get(process.key, []) if moment - death < 60]
        self.deaths[process.key] = [*recent, moment]
        if len(recent) + 1 >= TOO_OFTEN:
            raise Trouble(
                f"{process.name} ended {TOO_OFTEN} times within a minute, the last time with: "
                f"{process.last_words()} (all of it: {process.log_path})"
            )
        say(f"{process.name} ended unexpectedly ({process.how_it_ended()}); starting it again.")
        process.stop()
        process.start()
        try:
            process.wait(30)
        except Trouble as trouble:
            say(str(trouble))
        else:
            say(f"{process.name} is back.")

    def _stop(self, stack: Stack) -> None:
        say("Stopping.")
        for process in self.own:
            process.ask_to_stop()
        for process in reversed(self.own):
            process.stop()
        stack.stop()

    def _welcome(self, stack: Stack) -> str:
        base = urlsplit(self._base_url())
        tenant = f"{base.scheme}://acme.{base.netloc}"
        lines = [
            f"  Platform       {self._base_url()}",
            f"  Demo tenant    {tenant}/console",
            f"  Mails          {stack.inbox_url or 'go to the SMTP server of the settings'}",
            *self._receiving(),
            f"  Metrics        http://127.0.0.1:{self._metrics_port}/metrics",
            f"  Data and logs  {self.data_dir}",
        ]
        sign_ins = [
            line for line in self._demo.read_text().splitlines() if "://" not in line
        ]  # PORT may have moved
        lines += [
            "",
            "  Sign-ins of the demo tenant (role, e-mail, password):",
            *(f"  {line}" for line in sign_ins),
        ]
        return "\n".join([*lines, "", "Ctrl-C stops everything."])

    def _receiving(self) -> list[str]:
        """How to write to the demo tenant by mail."""
        if self._inbound_port == "0":
            return []
        return [f"  Mail to us     hello@acme.{self._inbound_domain}, by SMTP at 127.0.0.1:{self._inbound_port}"]


def run(data_dir: Path, environ: Mapping[str, str]) -> None:
    """The whole of `make run`; `PORT` in the environment moves the web port."""
    given = environ.get("PORT") or str(WEB_PORT)
    if not given.isdigit() or not 0 < int(given) < 65536:
        raise Trouble(f"PORT must be a number between 1 and 65535, not {given!r}.")
    Supervisor(data_dir, int(given), environ).run()


def say(text: str) -> None:
    """A line for the person at the terminal."""
    print(text, flush=True)


def _rapport() -> Path:
    found = Path(sys.executable).parent / "rapport"
    if not found.is_file():
        raise Trouble(f"{found} is missing: run `make run` again, which installs what is locked.")
    return found
