"""What the running product writes down: ids to follow a request by, and nobody's words."""

import http.client
import json
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from infra.db import TenantRef
from tests.e2e.conftest import own_queues
from tests.e2e.logs import quoted
from tests.e2e.site import start

pytestmark = pytest.mark.processes


def test_words_in_a_log_are_found_and_codes_are_left_alone() -> None:
    log = '{"event": "request", "mail": "ada@acme.example", "state": "published"}'
    assert quoted(log, ["ada@acme.example", "published", "", "somebody else"]) == {"ada@acme.example"}
    log = r'{"who": "Lovelace", "said": "It was \"good\"\nreally", "key": "aB3$xY9", "at": "Europe/Vienna"}'
    said = ["Lovelace", 'It was "good"\nreally', "aB3$xY9", "Europe/Vienna"]
    assert quoted(log, said) == set(said[:3])


def test_a_request_can_be_followed_by_its_id_and_names_nobody(
    environment: dict[str, str], project: Path, tmp_path: Path, acme: TenantRef
) -> None:
    own = {**environment, "RAPPORT_VALKEY_URL": own_queues(environment["RAPPORT_VALKEY_URL"])}
    site = start({**own, "RAPPORT_LOG_FORMAT": "json", "RAPPORT_PROXIES": "1"}, project, tmp_path / "log")
    try:
        typed = {"email": "ada.lovelace@acme.example", "password": "analytical engine no 1"}
        status, request = _post(site.port, "/console/sign-in", typed, "given-by-the-proxy")
        lines = _lines_of(site.log, request)
    finally:
        site.stop()
    assert status == 400  # no form protection was sent
    assert request == "given-by-the-proxy"
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["endpoint"], line["status"], line["tenant"]) == ("console.start_session", 400, str(acme.id))
    assert quoted(site.log.read_text(), typed.values()) == set()


def _post(port: int, path: str, form: dict[str, str], request: str) -> tuple[int, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {
        "Host": f"acme.localhost:{port}",
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Request-Id": request,
    }
    connection.request("POST", path, urlencode(form), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers["X-Request-Id"]


def _lines_of(log: Path, request: str | None, seconds: float = 10) -> list[dict[str, object]]:
    """The lines that carry the request's id, as soon as there are any."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
        if found := [line for line in lines if line.get("request") == request]:
            return found
        time.sleep(0.1)
    raise AssertionError(f"no line carries {request}: {log.read_text()[-2000:]}")
