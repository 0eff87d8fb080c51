"""Limits on a real Valkey."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import redis

from infra.errors import TooMany
from infra.limits import Count, Limit, Limiter
from infra.services import Services
from infra.settings import Settings

TWO = Limit(2, 60)


@pytest.fixture
def valkey(services: Services) -> Iterator["redis.Redis"]:
    yield services.queues.connection
    services.queues.connection.flushdb()


@pytest.fixture
def limiter(settings: Settings, valkey: "redis.Redis") -> Limiter:
    return Limiter(settings.valkey_url, "a secret")


def test_the_third_of_two_has_to_wait(limiter: Limiter) -> None:
    assert [limiter.take(Count("t:a", TWO)) for _ in range(2)] == [0, 0]
    assert 0 < limiter.take(Count("t:a", TWO)) <= 60
    assert limiter.take(Count("t:b", TWO)) == 0
    with pytest.raises(TooMany) as told:
        limiter.require(Count("t:c", Limit(10, 60)), Count("t:a", TWO))
    assert 0 < told.value.retry_after <= 60


def test_limits_go_on_when_valkey_forgets_its_scripts_or_ends_connections(
    limiter: Limiter, valkey: "redis.Redis"
) -> None:
    limiter.take(Count("t:a", TWO))
    valkey.script_flush()
    limiter.take(Count("t:a", TWO))
    own = [one["id"] for one in valkey.client_list() if one["cmd"].startswith("eval")]
    for number in own:
        valkey.client_kill_filter(_id=number)
    assert limiter.take(Count("t:a", TWO)) > 0


def test_everything_passes_without_valkey(settings: Settings) -> None:
    limiter = Limiter(replace(settings, valkey_url="redis://127.0.0.1:1/0").valkey_url, "a secret")
    assert [limiter.take(Count("t:a", Limit(1, 60))) for _ in range(3)] == [0, 0, 0]


def test_an_address_is_not_readable_in_a_key(limiter: Limiter, settings: Settings) -> None:
    veiled = limiter.veiled("192.0.2.7")
    assert "192" not in veiled
    assert veiled == limiter.veiled("192.0.2.7")
    assert veiled != Limiter(settings.valkey_url, "another secret").veiled("192.0.2.7")
