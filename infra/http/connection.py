"""One connection to an address that was judged, with one deadline and one budget of bytes for all that is read.

`http.client` is the library: it reads no environment, follows nothing, keeps no cookies, and `connect` is ours to
say. Its own time-out counts from read to read, so a server that drips would hold us for ever: hence the raw reader.
"""

import io
import socket
import ssl
import time
from collections.abc import Sequence
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from typing import Any

from infra.http.urls import DEFAULT_PORTS, Target

CONNECT_SHARE = 5.0
"""Seconds for one address, so that another one of the same name has a chance."""
MOST_ADDRESSES = 4
"""That are tried of one name."""


class BudgetSpent(Exception):
    """More came than is read."""


class Deadline:
    """The moment at which the whole call ends."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError when none are."""
        seconds = self._ends - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


class _MeasuredReader(io.RawIOBase):
    """The socket's reading side under a deadline and a budget."""

    def __init__(self, sock: socket.socket, deadline: Deadline, budget: int) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises TimeoutError and BudgetSpent."""
        if self._budget <= 0:
            raise BudgetSpent
        self._sock.settimeout(self._deadline.left())
        view = memoryview(buffer).cast("B")[: self._budget]
        count = self._raw.readinto(view) or 0
        self._budget -= count
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Response(HTTPResponse):
    """http.client's answer over a measured reader."""

    def __init__(self, sock: socket.socket, *rest: Any, deadline: Deadline, budget: int, **options: Any) -> None:
        super().__init__(sock, *rest, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_MeasuredReader(sock, deadline, budget))


class PinnedConnection(HTTPConnection):
    """Connects to the given addresses only; TLS and the Host header speak of the name."""

    def __init__(
        self, target: Target, addresses: Sequence[str], trust: ssl.SSLContext, deadline: Deadline, budget: int
    ) -> None:
        super().__init__(target.host, target.port)
        self.default_port = DEFAULT_PORTS[target.scheme]
        self.response_class = partial(_Response, deadline=deadline, budget=budget)  # type: ignore[assignment]
        self._target = target
        self._addresses = addresses[:MOST_ADDRESSES]
        self._trust = trust
        self._deadline = deadline

    def connect(self) -> None:
        """Raises OSError and ssl.SSLError, TimeoutError among them."""
        plain = self._dial()
        if self._target.scheme == "http":
            self.sock = plain
            return
        try:
            plain.settimeout(self._deadline.left())
            self.sock = self._trust.wrap_socket(plain, server_hostname=self._target.host)
        except BaseException:
            plain.close()
            raise

    def send(self, data: Any) -> None:
        """As http.client's, within what is left of the time."""
        if self.sock is not None:
            self.sock.settimeout(self._deadline.left())
        super().send(data)

    def _dial(self) -> socket.socket:
        problem: OSError = OSError("no address")
        for index, address in enumerate(self._addresses):
            share = self._deadline.left() / (len(self._addresses) - index)
            try:
                return socket.create_connection((address, self._target.port), min(share, CONNECT_SHARE))
            except OSError as refused:
                problem = refused
        raise problem
