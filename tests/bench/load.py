"""A load driver in one process: keep-alive connections, requests made before the clock starts.

It parses no more of an answer than its status and length, so that one process drives several thousand requests a
second; `Load.driver_share` says how much of a core it took, and near 1 the figure would be the driver's own.
"""

import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Load:
    """What came of a run."""

    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    driver_share: float = 0.0

    @property
    def per_second(self) -> float:
        return sum(self.statuses.values()) / self.seconds

    def must_be(self, status: int) -> "Load":
        """Raises when any answer had another status: a fast error is no result."""
        others = {code: n for code, n in self.statuses.items() if code != status}
        if others or not self.statuses:
            raise RuntimeError(f"expected only {status}, got {dict(self.statuses)}")
        return self


class _Client:
    """One connection with one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.started = 0.0

    def send(self, request: bytes) -> None:
        self.buffer = b""
        self.started = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """The status when the answer is complete."""
        chunk = self.socket.recv(262_144)
        if not chunk:
            raise ConnectionError("the server closed a connection")
        self.buffer += chunk
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return None
        found = LENGTH.search(head)
        if len(body) < (int(found[1]) if found else 0):
            return None
        return int(head[9:12])


def drive(
    port: int, requests: Sequence[bytes], *, seconds: float, connections: int = 32, again: bool = False
) -> Load:
    """Sends the requests for that long, each once unless `again`. Ends early when they run out."""
    pending = _forever(requests) if again else iter(requests)
    clients = [_Client(port) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            client.send(next(pending))
            selector.register(client.socket, selectors.EVENT_READ, client)
        load = _run(selector, pending, len(clients), seconds)
    for client in clients:
        client.socket.close()
    return load


def _run(selector: selectors.BaseSelector, pending: Iterator[bytes], busy: int, seconds: float) -> Load:
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    begin, cpu = time.perf_counter(), time.process_time()
    end = begin + seconds
    while busy:
        for key, _ in selector.select(timeout=10):
            client: _Client = key.data
            status = client.receive()
            if status is None:
                continue
            moment = time.perf_counter()
            statuses[status] += 1
            latencies.append(moment - client.started)
            request = next(pending, None) if moment < end else None
            if request is None:
                selector.unregister(client.socket)
                busy -= 1
            else:
                client.send(request)
    took = time.perf_counter() - begin
    return Load(took, statuses, latencies, (time.process_time() - cpu) / took)


def _forever(requests: Sequence[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


def get(host: str, path: str, **headers: str) -> bytes:
    """A GET as a browser sends it."""
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nAccept-Language: en-GB,en;q=0.9\r\n"
        f"User-Agent: bench\r\n{more}\r\n"
    ).encode()


def post(host: str, path: str, body: bytes) -> bytes:
    """A form as a browser sends it."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nUser-Agent: bench\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
