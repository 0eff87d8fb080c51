"""How fast mail goes out: a token bucket per tenant × sending domain × recipient domain, shared by all workers.

The bucket is a Lua script on Valkey. With Valkey away mail passes uncounted: being too fast for a while costs less
than mail that does not go.
"""

import hashlib
import logging
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import redis

from infra.settings import Settings

PAUSE = 5.0
"""Seconds during which nobody asks a Valkey that has just failed."""

SCRIPT = """
local rate = tonumber(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local answers = {}
for number, key in ipairs(KEYS) do
  local held = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = math.min(rate, (tonumber(held[1]) or rate) + (now - (tonumber(held[2]) or now)) * rate / 1000)
  local given = math.min(tonumber(ARGV[number + 1]), math.floor(tokens))
  tokens = tokens - given
  redis.call('HSET', key, 'tokens', tostring(tokens), 'at', string.format('%.0f', now))
  redis.call('PEXPIRE', key, 10000)
  answers[2 * number - 1] = given
  answers[2 * number] = given > 0 and 0 or math.ceil((1 - tokens) * 1000 / rate)
end
return answers
"""

Domains = tuple[str, str]
"""The sending and the receiving domain, which share a bucket."""

log = logging.getLogger(__name__)


class Buckets:
    """Takes tokens. `rate` mails per second, and as many at once after a quiet second."""

    def __init__(self, settings: Settings) -> None:
        self._rate = max(1, settings.mail_rate)
        self._connection: Any = redis.Redis.from_url(
            settings.valkey_url, socket_timeout=0.5, socket_connect_timeout=0.5
        )
        self._script = self._connection.register_script(SCRIPT)
        self._closed_until = 0.0

    def take(self, tenant: UUID | None, wanted: Mapping[Domains, int]) -> dict[Domains, tuple[int, float]]:
        """How many of the wanted mails may go now; where none, the seconds until it is worth asking again."""
        everything = {domains: (count, 0.0) for domains, count in wanted.items()}
        if time.monotonic() < self._closed_until or not wanted:
            return everything
        keys = [_key(tenant, *domains) for domains in wanted]
        try:
            said = self._script(keys=keys, args=[self._rate, *wanted.values()])
        except (redis.RedisError, OSError):
            self._closed_until = time.monotonic() + PAUSE
            log.warning("Valkey does not answer; mails are not counted for a while")
            return everything
        pairs = zip(said[::2], said[1::2], strict=True)
        return {
            domains: (int(given), int(wait) / 1000) for domains, (given, wait) in zip(wanted, pairs, strict=True)
        }

    def close(self) -> None:
        """Gives the connection back."""
        self._connection.close()


def _key(tenant: UUID | None, sending: str, recipient: str) -> str:
    """The domains as a hash: a recipient's own domain can name a person."""
    domains = hashlib.sha256(f"{sending}\0{recipient}".encode()).hexdigest()[:24]
    return f"mail:rate:{tenant or 'platform'}:{domains}"
