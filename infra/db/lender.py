"""Connections for the path beside the ORM: as few as threads that use them at once, renewed, checked for free.

SQLAlchemy's check-out and check-in cost a tenth of an answer's Python time; here it is a `pop` and an `append`.
"""

import select
import time
import weakref
from collections import deque
from typing import Any

import psycopg
from psycopg import pq

from infra.db.patience import PatientConnection
from infra.settings import Settings

Connection = psycopg.Connection[Any]


def connect_arguments(login: str) -> dict[str, Any]:
    """What every connection of ours is opened with."""
    return {
        "connect_timeout": 5,
        "prepare_threshold": None,
        "application_name": f"rapport-{login}",
        "options": "-c timezone=UTC",
        "keepalives_idle": 30,  # a host that is gone is noticed within a minute; the system's default is two hours
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }


def has_ended(socket: int) -> bool:
    """Whether the server has ended an idle connection: then there is something to read. Costs no round trip."""
    waiting = select.poll()
    waiting.register(socket, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(waiting.poll(0))


class Lender:
    """The idle connections of one cell, the last used first."""

    def __init__(self, dsn: str, settings: Settings) -> None:
        self._dsn = dsn
        self._lifetime = settings.pool_max_lifetime
        self._most = 2 * settings.pool_size
        self._idle: deque[tuple[Connection, float]] = deque()
        self._born: dict[int, float] = {}
        weakref.finalize(self, _close_all, self._idle)

    def borrow(self) -> Connection:
        """A connection that is alive and not too old. Raises psycopg.OperationalError when none can be made."""
        while True:
            try:
                connection, born = self._idle.pop()
            except IndexError:
                break
            if time.monotonic() - born < self._lifetime and not has_ended(connection.fileno()):
                self._born[id(connection)] = born
                return connection
            connection.close()
        connection = PatientConnection.connect(self._dsn, **connect_arguments("app"))
        self._born[id(connection)] = time.monotonic()
        return connection

    def give_back(self, connection: Connection) -> None:
        """Keeps the connection for the next one; an open transaction is rolled back, a broken one closed."""
        born = self._born.pop(id(connection))
        if connection.closed or connection.pgconn.status != pq.ConnStatus.OK:
            connection.close()
            return
        if connection.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            connection.rollback()
        if len(self._idle) >= self._most:
            connection.close()
            return
        self._idle.append((connection, born))

    def close(self) -> None:
        """Closes what is idle."""
        _close_all(self._idle)


def _close_all(idle: deque[tuple[Connection, float]]) -> None:
    while idle:
        idle.pop()[0].close()
