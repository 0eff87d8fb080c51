"""The product as separate processes on ports of its own: web under granian, a worker, and who receives mail."""

import http.client
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.ports import free_port

INBOUND = "in.localhost"
"""Mail to `<anything>@<slug>.` this is the workspace's."""
READY_WITHIN = 90
STOP_WITHIN = 15


@dataclass
class Site:
    """A running web process and worker. `url("acme", "/console")` is an address that Chromium resolves."""

    port: int
    processes: list[subprocess.Popen[bytes]]
    log: Path
    typed: set[str] = field(default_factory=set)
    """Everything that visitors' browsers sent in forms."""
    inbound: int = 0
    """Where mail for workspaces is received by SMTP; 0 for nowhere."""

    def url(self, slug: str | None, path: str = "/") -> str:
        host = f"{slug}.localhost" if slug else "localhost"
        return f"http://{host}:{self.port}{path}"

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def start(
    environment: Mapping[str, str], project: Path, log: Path, *, workers: int = 1, receiving: bool = False
) -> Site:
    """Starts web and worker, and who is `receiving` mail, and waits until the web answers. They write to `log`."""
    port, inbound = free_port(), free_port() if receiving else 0
    env = {**environment, "RAPPORT_BASE_URL": f"http://localhost:{port}", "RAPPORT_DEVELOPMENT": "yes"}
    web = [sys.executable, "-m", "infra.serve", "--port", str(port), "--workers", str(workers)]
    commands = [web, [sys.executable, "-m", "worker", "--processes", "1"]]
    if receiving:
        env |= {"RAPPORT_INBOUND_DOMAIN": INBOUND, "RAPPORT_INBOUND_PORT": str(inbound)}
        commands.append([sys.executable, "-m", "infra.mail.inbound"])
    with log.open("ab") as out:
        running = [subprocess.Popen(c, env=env, cwd=project, stdout=out, stderr=out) for c in commands]
        site = Site(port, running, log, inbound=inbound)
    try:
        wait_until_alive(port, READY_WITHIN)
    except AssertionError:
        site.stop()
        raise AssertionError(f"the site did not start:\n{log.read_text()[-4000:]}") from None
    return site


def wait_until_alive(port: int, seconds: float, path: str = "/healthz") -> None:
    """Polls until the address answers 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if status(port, path) == 200:
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} did not answer within {seconds} s")


def status(port: int, path: str, host: str = "localhost") -> int | None:
    """The status of a GET, None when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
