"""Counts that several processes share, on a real Valkey."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import redis

from infra.errors import TooMany
from infra.limits import Count, Limit, Limiter
from infra.services import Services
from infra.settings import Settings
from infra.tally import Tally
from tests.support.waiting import until

THREE = Limit(3, 60)


@pytest.fixture
def valkey(services: Services) -> Iterator["redis.Redis"]:
    yield services.queues.connection
    services.queues.connection.flushdb()


def tally(settings: Settings) -> Tally:
    return Tally(Limiter(settings.valkey_url, "a secret"))


def refused(one: Tally, key: str) -> bool:
    try:
        one.require(Count(key, THREE))
    except TooMany:
        return True
    return False


def test_a_process_refuses_by_itself_at_once(settings: Settings, valkey: "redis.Redis") -> None:
    here = tally(settings)
    with pytest.raises(TooMany) as told:
        for _ in range(2):
            here.require(Count("tally0:c", Limit(1, 60)))
    assert 0 < told.value.retry_after <= 60
    assert [refused(here, "tally0:a") for _ in range(4)] == [False, False, False, True]
    assert not refused(here, "tally0:b")


def test_what_others_counted_is_known_a_moment_later(settings: Settings, valkey: "redis.Redis") -> None:
    here, there = tally(settings), tally(settings)
    for _ in range(3):
        here.require(Count("tally1:a", THREE))
    until(lambda: valkey.get("limit:tally1:a") == b"3")
    there.require(Count("tally1:a", THREE))  # the first one passes: nobody has told it yet
    until(lambda: valkey.get("limit:tally1:a") == b"4")
    until(lambda: refused(there, "tally1:a"))


def test_a_window_ends_for_all(settings: Settings, valkey: "redis.Redis") -> None:
    here = tally(settings)
    short = Limit(1, 1)
    here.require(Count("tally2:a", short))
    with pytest.raises(TooMany):
        here.require(Count("tally2:a", short))

    def passes() -> bool:
        try:
            here.require(Count("tally2:a", short))
        except TooMany:
            return False
        return True

    time.sleep(2.2)  # the window itself, and the second that Valkey may add by its rounding
    assert passes()


def test_limits_hold_within_a_process_while_valkey_is_away(settings: Settings) -> None:
    alone = tally(replace(settings, valkey_url="redis://127.0.0.1:1/0"))
    for _ in range(3):
        alone.require(Count("tally3:a", THREE))
    alone.exchange()
    assert refused(alone, "tally3:a")
