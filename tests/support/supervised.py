"""`make run` in a test: the supervisor as a real process with its own data folder and ports."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from infra.local.ports import free_port
from infra.settings import Settings, load
from tests.support.run import without_settings
from tests.support.waiting import until

PROJECT = Path(__file__).parents[2]


class Supervised:
    """One run of the supervisor. `said` is what it printed so far."""

    def __init__(self, data_dir: Path, command: str, port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self._output = data_dir / f"said-{time.monotonic_ns()}"
        environment = without_settings(os.environ) | {"RAPPORT_DATA_DIR": str(data_dir), "PORT": str(port)}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "infra.local", command],
                cwd=PROJECT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self._output.read_text()

    def wait_for(self, words: str, seconds: float = 150) -> None:
        """Returns when it said so. Fails when it ends or takes too long."""
        until(
            lambda: words in self.said or self.process.poll() is not None,
            "the words",
            seconds=seconds,
            told=lambda: self.said,
        )
        assert words in self.said, self.said

    def settings(self) -> Settings:
        """The settings of its stack."""
        return load({"RAPPORT_DATA_DIR": str(self.data_dir)})

    def ended(self, seconds: float = 40) -> int:
        """Waits for its end; the exit code."""
        return self.process.wait(seconds)

    def tell(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that also an unprivileged account can pass through; whatever still lives in it is ended."""
    folder = Path(tempfile.mkdtemp(prefix="rapport-data-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        for pid in living(folder):
            os.kill(pid, signal.SIGKILL)
        rmtree(folder, ignore_errors=True)


def start(data_dir: Path, command: str = "up", port: int | None = None) -> Supervised:
    """Starts `python -m infra.local <command>`. The demo has tests of its own and is left out."""
    (data_dir / "demo.txt").touch()
    return Supervised(data_dir, command, port or free_port())


def living(data_dir: Path) -> list[int]:
    """Processes that name the folder in their command line or environment, this one left out."""
    name = str(data_dir).encode()
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                shown = Path(f"/proc/{entry}/cmdline").read_bytes() + Path(f"/proc/{entry}/environ").read_bytes()
            except OSError:
                continue
            if name in shown:
                found.append(int(entry))
    return found
