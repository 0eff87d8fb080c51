"""Between a client and its server: passes everything on, or falls silent as a server does that was stopped."""

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread

from sqlalchemy import make_url

from infra.db import Databases
from infra.settings import Settings


class Between:
    """A forwarder of bytes on a port of its own. `visitors` is how many connections it has accepted."""

    def __init__(self, host: str, port: int) -> None:
        self.visitors = 0
        self._server = (host, port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._other: dict[socket.socket, socket.socket] = {}
        self._stuck: set[socket.socket] = set()
        self._speaking, self._ended = Event(), Event()
        self._speaking.set()
        self._thread = Thread(target=self._forward, daemon=True)
        self._thread.start()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Nobody is accepted and nothing passes, yet the kernel takes what is sent. Afterwards it all goes on."""
        self._speaking.clear()
        try:
            yield
        finally:
            self._speaking.set()

    @contextmanager
    def stuck(self) -> Iterator[None]:
        """Nothing passes on the connections that there are; whoever comes anew is served."""
        self._stuck = set(self._other)
        try:
            yield
        finally:
            self._stuck = set()

    def stop(self) -> None:
        self._ended.set()
        self._speaking.set()
        self._thread.join(5)
        for end in (self._door, *self._other):
            end.close()

    def _forward(self) -> None:
        while not self._ended.is_set():
            ready, _, _ = select.select([self._door, *(self._other.keys() - self._stuck)], [], [], 0.02)
            self._speaking.wait()
            for end in ready:
                if end is self._door:
                    self._accept()
                elif end in self._other:
                    self._pass_on(end)

    def _accept(self) -> None:
        client, _ = self._door.accept()
        server = socket.create_connection(self._server)
        self._other |= {client: server, server: client}
        self.visitors += 1

    def _pass_on(self, end: socket.socket) -> None:
        try:
            passed = end.recv(65536)
            self._other[end].sendall(passed)
        except OSError:
            passed = b""
        if not passed:
            other = self._other.pop(end)
            del self._other[other]
            end.close()
            other.close()


@contextmanager
def postgres_behind(settings: Settings) -> Iterator[tuple[Databases, Between]]:
    """The run's databases, reached through a Between."""
    real = make_url(settings.control_database)
    between = Between(real.host or "127.0.0.1", real.port or 5432)
    address = real.set(host="127.0.0.1", port=between.port).render_as_string(hide_password=False)
    databases = Databases(replace(settings, control_database=address, cells=""))
    yield databases, between
    databases.close()
    between.stop()
