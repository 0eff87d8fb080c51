from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from infra import links
from infra.settings import Settings

SETTINGS = Settings(secret="s" * 44, base_url="http://localhost:8000")
TENANT = uuid4()


def token() -> str:
    return links.sign(SETTINGS, "reset", TENANT, {"staff": "7"}, expires_in=timedelta(hours=1))


def test_a_link_carries_its_payload_back() -> None:
    assert links.verify(SETTINGS, "reset", TENANT, token()) == {"staff": "7"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t[:-2],
        lambda t: t + "A",
        lambda t: "",
        lambda t: "ü.ü",
        lambda t: t.replace(".", ""),
        lambda t: "." + t,
        lambda t: "e30.e30",
        lambda t: "x" * 9000,
    ],
)
def test_a_changed_link_is_refused(spoil: Callable[[str], str]) -> None:
    with pytest.raises(links.BadLink):
        links.verify(SETTINGS, "reset", TENANT, spoil(token()))


def test_a_link_is_worthless_elsewhere() -> None:
    made = token()
    other = Settings(secret="t" * 44)
    for settings, purpose, tenant in (
        (SETTINGS, "reset", uuid4()),
        (SETTINGS, "reset", None),
        (SETTINGS, "verify", TENANT),
        (other, "reset", TENANT),
    ):
        with pytest.raises(links.BadLink):
            links.verify(settings, purpose, tenant, made)


def test_a_link_ends_at_its_time() -> None:
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False) as clock:
        made = token()
        clock.shift(timedelta(minutes=59))
        assert links.verify(SETTINGS, "reset", TENANT, made)
        clock.shift(timedelta(minutes=2))
        with pytest.raises(links.ExpiredLink):
            links.verify(SETTINGS, "reset", TENANT, made)


def test_a_short_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="RAPPORT_SECRET"):
        links.sign(Settings(secret="short"), "reset", None, {}, expires_in=timedelta(hours=1))


def test_addresses_of_tenants_and_platform() -> None:
    assert links.tenant_url(SETTINGS, "acme", "/console") == "http://acme.localhost:8000/console"
    assert links.tenant_url(Settings(base_url="https://rapport.example"), "feedback.acme.com", "s/x") == (
        "https://feedback.acme.com/s/x"
    )
    assert links.platform_url(SETTINGS, "pricing") == "http://localhost:8000/pricing"
