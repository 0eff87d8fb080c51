"""How often something may happen: counters on Valkey, one round trip for any number of them.

One Lua script counts and answers in a single step, so two requests never both take the last place. It fails
open: with Valkey away everything passes, and for a second nobody asks again, because an answer that is lost
costs a customer more than a limit that is not kept.
"""

import hashlib
import hmac
import ipaddress
import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import redis
from redis.connection import ConnectionInterface

from infra.errors import TooMany

TIMEOUT = 0.25
"""Seconds that a request waits for Valkey before it passes uncounted."""
PAUSE = 1.0
"""Seconds during which nobody asks a Valkey that has just failed."""

SCRIPT = b"""
for i, key in ipairs(KEYS) do
  local most, seconds = tonumber(ARGV[2 * i - 1]), ARGV[2 * i]
  local count = redis.call('INCR', key)
  if count == 1 then redis.call('EXPIRE', key, seconds) end
  if count > most then
    local left = redis.call('TTL', key)
    if left < 1 then redis.call('EXPIRE', key, seconds); left = tonumber(seconds) end
    return left
  end
end
return 0
"""

ADD = b"""
local sums = {}
for i, key in ipairs(KEYS) do
  local seconds = tonumber(ARGV[2 * i])
  local count = redis.call('INCRBY', key, ARGV[2 * i - 1])
  local left = redis.call('TTL', key)
  if left < 1 then redis.call('EXPIRE', key, seconds); left = seconds end
  sums[2 * i - 1], sums[2 * i] = count, left
end
return sums
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times in a window of `seconds` that begins with the first time."""

    most: int
    seconds: int


class Count(NamedTuple):
    """What is counted: the key says whose, and starts with the tenant's id."""

    key: str
    limit: Limit


class Limiter:
    """Counts against limits. One connection per thread, opened when it is first needed."""

    def __init__(self, valkey_url: str, secret: str) -> None:
        self._pool = redis.ConnectionPool.from_url(
            valkey_url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, max_connections=10_000
        )
        self._secret = hashlib.sha256(f"limits:{secret}".encode()).digest()
        self._sha = hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest().encode()
        self._mine = threading.local()
        self._closed_until = 0.0

    def require(self, *counts: Count) -> None:
        """Counts once against each limit. Raises TooMany with the seconds to wait when one is reached."""
        wait = self.take(*counts)
        if wait:
            raise TooMany(retry_after=wait)

    def take(self, *counts: Count) -> int:
        """Counts once against each limit; 0 when all allow it, else the seconds until the first does again."""
        if time.monotonic() < self._closed_until:
            return 0
        keys = [b"limit:" + count.key.encode() for count in counts]
        numbers = [b"%d" % number for count in counts for number in (count.limit.most, count.limit.seconds)]
        try:
            return int(self._ask(b"%d" % len(keys), *keys, *numbers))
        except (redis.RedisError, OSError):
            self._closed_until = time.monotonic() + PAUSE
            log.warning("Valkey does not answer; limits are not counted for a second")
            return 0

    def add(self, counted: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
        """Adds (key, number, seconds of the window) for several keys; answers (sum, seconds left) for each.

        Empty while Valkey is away: then nothing is known of the others.
        """
        if time.monotonic() < self._closed_until or not counted:
            return []
        keys = [b"limit:" + key.encode() for key, _, _ in counted]
        numbers = [b"%d" % number for _, count, seconds in counted for number in (count, seconds)]
        try:
            command = _packed(b"EVAL", ADD, b"%d" % len(keys), *keys, *numbers)
            flat = [int(number) for number in self._call(self._connection(), command)]
        except (redis.RedisError, OSError):
            self._closed_until = time.monotonic() + PAUSE
            log.warning("Valkey does not answer; each process counts for itself")
            return []
        return list(zip(flat[::2], flat[1::2], strict=True))

    def veiled(self, address: str) -> str:
        """A network address as a key may hold it: a keyed hash, because an address is personal data."""
        return hmac.new(self._secret, network(address).encode(), hashlib.blake2b).hexdigest()[:20]

    def _ask(self, *arguments: bytes) -> Any:
        """Runs the script, loading it when Valkey was emptied and connecting anew when Valkey was restarted."""
        known = _packed(b"EVALSHA", self._sha, *arguments)
        try:
            return self._call(self._connection(), known)
        except redis.exceptions.NoScriptError:
            return self._call(self._connection(), _packed(b"EVAL", SCRIPT, *arguments))
        except redis.exceptions.TimeoutError:
            raise
        except (redis.ConnectionError, OSError):
            return self._call(self._connection(), _packed(b"EVAL", SCRIPT, *arguments))

    def _call(self, connection: ConnectionInterface, command: bytes) -> Any:
        try:
            connection.send_packed_command([command], check_health=False)  # type: ignore[no-untyped-call]
            return connection.read_response()
        except redis.exceptions.ResponseError:
            raise
        except BaseException:
            connection.disconnect()  # type: ignore[no-untyped-call]  # an answer that comes late must not be read as the next one's
            raise

    def _connection(self) -> ConnectionInterface:
        """This thread's own connection; after a fork a new one, for sockets are not shared."""
        mine: tuple[int, ConnectionInterface] | None = getattr(self._mine, "connection", None)
        if mine is None or mine[0] != os.getpid():
            mine = self._mine.connection = (os.getpid(), self._pool.make_connection())
        return mine[1]


def network(address: str) -> str:
    """What one subscriber has: an IPv4 address, or the /64 of an IPv6 address, whose lower half anybody may choose.

    What is no address is itself.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _packed(*parts: bytes) -> bytes:
    """A command as RESP writes it, https://redis.io/docs/latest/develop/reference/protocol-spec/."""
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)
