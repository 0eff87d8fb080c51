"""What docs/domains.md promises, tried with the proxies that it names."""

import json
import ssl
import time
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import delete, func, select

from tenants.models import SignInAttempt
from tests.proxy.conftest import House
from tests.proxy.running import BASE, Behind

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

SIGN_IN = "/console/sign-in"


def test_the_domain_is_served_over_tls_with_a_certificate_of_its_own(behind: Behind, house: House) -> None:
    answer = behind.ask(house.host, SIGN_IN)
    assert answer.status == 200
    assert "max-age=" in answer.header("Strict-Transport-Security")
    assert behind.ask(house.home, SIGN_IN).status == 200
    assert behind.ask(BASE, "/").status == 200


def test_cookies_are_of_that_host_alone_and_travel_only_over_tls(behind: Behind, house: House) -> None:
    cookie = behind.ask(house.host, SIGN_IN).header("Set-Cookie")
    assert cookie.startswith("__Host-rapport=")
    assert "; Secure" in cookie
    assert "HttpOnly" in cookie
    assert "Domain=" not in cookie


def test_a_form_sent_through_the_proxy_is_taken_for_what_it_is(behind: Behind, house: House) -> None:
    """Form protection compares the Referer with scheme and host, so both have to arrive."""
    answer = _try_to_sign_in(behind, house)
    assert answer.status == 422
    assert "do not fit together" in answer.text


def test_the_visitors_own_address_arrives_and_a_forged_one_does_not(behind: Behind, house: House) -> None:
    _forget_addresses(house)
    for source, forged in (("127.0.0.21", "6.6.6.6"), ("127.0.0.21", "7.7.7.7"), ("127.0.0.22", "6.6.6.6")):
        _try_to_sign_in(behind, house, source=source, forged=forged)
    assert _addresses(house) == 2


def test_unknown_hosts_find_nobody(behind: Behind, house: House) -> None:
    assert behind.ask(house.host, SIGN_IN, headers={"Host": f"nobody.{BASE}"}).status == 404
    assert behind.ask(house.host, SIGN_IN, headers={"Host": "nobody.example"}).status == 404
    forged = {"X-Forwarded-Host": house.host, "Host": "nobody.example"}
    assert behind.ask(house.host, SIGN_IN, headers=forged).status == 404
    assert behind.ask(house.host, SIGN_IN, headers={"X-Forwarded-Host": "nobody.example"}).status == 200


def test_pages_of_the_subdomain_lead_to_the_domain(behind: Behind, house: House) -> None:
    house.lead_to_domain(True)
    try:
        led = _until(behind, house.home, f"{SIGN_IN}?next=%2Fconsole%2F", 308)
        assert led.header("Location") == f"https://{house.host}:{behind.tls_port}{SIGN_IN}?next=%2Fconsole%2F"
        assert behind.ask(house.host, f"{SIGN_IN}?next=%2Fconsole%2F").status == 200
        assert behind.ask(house.home, "/api/v1/openapi.json").status == 200
    finally:
        house.lead_to_domain(False)
    assert _until(behind, house.home, SIGN_IN, 200)


def test_the_question_about_certificates_is_not_passed_on(behind: Behind, house: House) -> None:
    assert behind.ask(house.host, f"/certificates/allowed?domain={house.host}").status == 404


def test_what_is_not_served_gets_no_certificate(
    behind: Behind, house: House, request: pytest.FixtureRequest
) -> None:
    """Caddy asks at the handshake; with nginx nobody made a certificate, and the wildcard's does not fit."""
    with pytest.raises(ssl.SSLError):
        behind.ask("stranger.example", SIGN_IN)
    assert behind.ask(house.host, "/healthz").status == 200


def test_the_log_knows_the_request_and_nobodys_address(behind: Behind, house: House) -> None:
    _try_to_sign_in(behind, house, source="127.0.0.23")
    text = behind.log.read_text()
    assert "127.0.0.23" not in text
    assert "somebody@acme.example" not in text
    for line in text.splitlines():
        if line.startswith("{") and '"logger"' in line:
            json.loads(line)


def _try_to_sign_in(behind: Behind, house: House, *, source: str = "127.0.0.1", forged: str = ""):
    page = behind.ask(house.host, SIGN_IN, source=source)
    form = BeautifulSoup(page.text, "html.parser").find("form", method="post")
    assert form is not None
    token = form.find("input", attrs={"name": "csrf_token"})
    assert token is not None
    typed = {"csrf_token": token["value"], "email": "somebody@acme.example", "password": "seven calm otters"}
    headers = {
        "Cookie": page.header("Set-Cookie").partition(";")[0],
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": f"https://{house.host}:{behind.tls_port}{SIGN_IN}",
        **({"X-Forwarded-For": forged} if forged else {}),
    }
    return behind.ask(
        house.host, str(form["action"]), method="POST", body=urlencode(typed), headers=headers, source=source
    )


def _until(behind: Behind, host: str, path: str, status: int):
    """Every process knows of a change within two seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = behind.ask(host, path)
        if answer.status == status:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{host}{path} answers {answer.status}, not {status}")


def _addresses(house: House) -> int:
    with house.services.db.tenant_session(house.tenant) as session:
        return session.scalar(select(func.count(SignInAttempt.address.distinct()))) or 0


def _forget_addresses(house: House) -> None:
    with house.services.db.tenant_session(house.tenant) as session:
        session.execute(delete(SignInAttempt))
