"""The site and a proxy in front of it, as processes; and requests over TLS to names that no public DNS knows."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.site import wait_until_alive

PROJECT = Path(__file__).parents[2]
BASE = "rapport.test"
STARTS_WITHIN = 60
NOT_YET_VALID = 9
"""X509_V_ERR_CERT_NOT_YET_VALID of OpenSSL."""


def find_program(name: str) -> str | None:
    """From the system's packages, or where infra/local/proxies.sh unpacked it."""
    unpacked = PROJECT / ".venv" / "proxies"
    paths = [os.environ.get("PATH", ""), "/usr/sbin", f"{unpacked}/usr/sbin", f"{unpacked}/usr/bin"]
    return shutil.which(name, path=os.pathsep.join(paths))


def documented(title: str) -> str:
    """The configuration under a heading of docs/domains.md: what is tested is what people copy."""
    text = (PROJECT / "docs" / "domains.md").read_text()
    section = text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    found = re.search(r"```\w*\n(.*?)```", section, re.DOTALL)
    assert found, title
    return found[1]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    text: str

    def header(self, name: str) -> str:
        return "\n".join(value for key, value in self.headers if key.lower() == name.lower())


@dataclass
class Behind:
    """A site behind a proxy."""

    web_port: int
    tls_port: int
    authority: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    log: Path = Path("/dev/null")

    def ask(
        self,
        host: str,
        path: str = "/",
        *,
        method: str = "GET",
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        source: str = "127.0.0.1",
        sni: str | None = None,
    ) -> Answer:
        """A request over TLS from a network address of this machine, with the certificate checked for `host`."""
        with self._secured(sni or host, source) as secured:
            connection = http.client.HTTPConnection(host, self.tls_port, timeout=20)
            connection.sock = secured
            port = f":{self.tls_port}"
            connection.request(method, path, body, {"Host": host + port, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read().decode())

    def _secured(self, name: str, source: str) -> ssl.SSLSocket:
        """Caddy's authority rounds to whole seconds: a new certificate may be valid half a second later."""
        context = ssl.create_default_context(cafile=str(self.authority))
        deadline = time.monotonic() + 20
        while True:
            raw = socket.create_connection(("127.0.0.1", self.tls_port), timeout=20, source_address=(source, 0))
            try:
                return context.wrap_socket(raw, server_hostname=name)
            except ssl.SSLCertVerificationError as problem:
                if problem.verify_code != NOT_YET_VALID or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def start_web(environment: Mapping[str, str], behind: Behind) -> None:
    """The web process alone, told of one proxy in front of it."""
    env = {
        **environment,
        "RAPPORT_BASE_URL": f"https://{BASE}:{behind.tls_port}",
        "RAPPORT_PROXIES": "1",
        "RAPPORT_LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "infra.serve", "--port", str(behind.web_port), "--workers", "1"]
    with behind.log.open("ab") as out:
        behind.processes.append(subprocess.Popen(command, env=env, cwd=PROJECT, stdout=out, stderr=out))
    try:
        wait_until_alive(behind.web_port, STARTS_WITHIN)
    except AssertionError:
        raise AssertionError(f"the site did not start:\n{behind.log.read_text()[-4000:]}") from None


def start_proxy(command: list[str], behind: Behind, env: Mapping[str, str] | None = None) -> None:
    """Starts it and waits until it takes connections."""
    with behind.log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **(env or {})})
    behind.processes.append(process)
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", behind.tls_port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
            continue
        return
    raise AssertionError(f"{command[0]} did not start:\n{behind.log.read_text()[-4000:]}")
