"""The one door for calls to addresses that a tenant chose."""

import http.client
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from infra import dns
from infra.errors import Unavailable
from infra.http.addresses import Policy, refusal
from infra.http.connection import BudgetSpent, Deadline, PinnedConnection
from infra.http.errors import (
    AddressRefused,
    BadAnswer,
    CertificateRefused,
    NoConnection,
    TimedOut,
    UnknownHost,
)
from infra.http.urls import Target, check_url
from infra.settings import Settings

Addresses = Callable[[str], Sequence[str]]
"""The network addresses of a name. Raises Unavailable when nobody knows."""

AGENT = "Rapport-Webhooks/1"
LOOPBACK = ("127.0.0.1", "::1")
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one call: `seconds` from the look-up to the last byte, bytes of the header, bytes of the body."""

    seconds: float = 15.0
    head: int = 32_768
    body: int = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is as it was sent, never unpacked, and `cut` when there was more of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool
    seconds: float


class Client:
    """Makes guarded calls. Safe to use from many threads; each call has a connection of its own."""

    def __init__(self, policy: Policy, addresses: Addresses, trust: ssl.SSLContext | None = None) -> None:
        self.policy = policy
        self._addresses = addresses
        self._trust = trust or _system_trust()

    def post(self, url: str, body: bytes, headers: Mapping[str, str], limits: Limits = Limits()) -> Answer:
        """Sends a body and reads the answer; a redirect is an answer like any other.

        Raises UrlRefused and CallFailed. Must not be called with a database connection held.
        """
        return self._call("POST", url, body, headers, limits)

    def get(self, url: str, limits: Limits = Limits(), headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        """Reads what is there, on the same terms as `post`."""
        return self._call("GET", url, None, headers, limits)

    def _call(self, verb: str, url: str, body: bytes | None, headers: Mapping[str, str], limits: Limits) -> Answer:
        deadline, begun = Deadline(limits.seconds), time.monotonic()
        target = check_url(url, self.policy)
        connection = PinnedConnection(
            target, self._allowed(target), self._trust, deadline, limits.head + 2 * limits.body
        )
        try:
            with _told_apart():
                connection.request(verb, target.path, body, {"User-Agent": AGENT, **headers, **ALWAYS})
                with connection.getresponse() as response:
                    content, cut = _read(response, limits.body)
                    named = {name.lower(): value for name, value in response.getheaders()}
                    return Answer(response.status, named, content, cut, time.monotonic() - begun)
        finally:
            connection.close()

    def _allowed(self, target: Target) -> list[str]:
        """The addresses that pass. Raises UnknownHost, and AddressRefused when none of them does."""
        found = self._find(target)
        if not found:
            raise UnknownHost()
        allowed = [address for address in found if refusal(address, self.policy) is None]
        if target.scheme == "http" or target.port not in self.policy.ports:
            allowed = [address for address in allowed if self.policy.excepts_text(address)]
        if not allowed:
            raise AddressRefused()
        return allowed

    def _find(self, target: Target) -> Sequence[str]:
        if target.numeric:
            return [target.host]
        if target.host == "localhost" or target.host.endswith(".localhost"):
            return LOOPBACK  # RFC 6761, 6.3: no name server is asked
        try:
            return self._addresses(target.host)
        except Unavailable:
            raise UnknownHost() from None


ALWAYS = {"Accept-Encoding": "identity", "Connection": "close"}
"""Nothing packed: what a server packs all the same is kept as the bytes it is."""


@contextmanager
def _told_apart() -> Iterator[None]:
    """Turns what sockets, TLS and http.client raise into CallFailed."""
    try:
        yield
    except TimeoutError as problem:
        raise TimedOut() from problem
    except ssl.SSLError as problem:
        raise CertificateRefused() from problem
    except OSError as problem:
        raise NoConnection() from problem
    except (BudgetSpent, http.client.HTTPException, ValueError) as problem:
        raise BadAnswer() from problem


def client_for(settings: Settings) -> Client:
    """The process's client for these settings."""
    return _client(settings)


@lru_cache(maxsize=4)
def _client(settings: Settings) -> Client:
    return Client(Policy.of(settings), dns.resolver(settings).addresses)


def _system_trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _read(response: http.client.HTTPResponse, most: int) -> tuple[bytes, bool]:
    """Up to `most` bytes of the body, and whether there was more. What breaks off is what there is."""
    pieces: list[bytes] = []
    left = most + 1
    try:
        while left > 0 and (piece := response.read1(left)):
            pieces.append(piece)
            left -= len(piece)
    except (BudgetSpent, http.client.IncompleteRead):
        left = 0
    return b"".join(pieces)[:most], left <= 0
