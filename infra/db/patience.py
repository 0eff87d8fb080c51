"""A connection that gives up on a server that hangs, and only on that.

The kernel under a PostgreSQL that is stopped, or starved of memory or disk, goes on acknowledging what it receives:
keepalives and tcp_user_timeout notice nothing. A slow statement is as silent from here. So whoever waits in silence
asks after a while whether the server still lets anybody in. It does: the statement is only slow, and goes on.
"""

from time import monotonic

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.rows import Row

PATIENCE = 10.0
"""Seconds of silence after which the server is asked, each time anew."""
ANSWER = 3
"""Seconds that it has to answer (libpq's least is 2)."""


class PatientConnection(psycopg.Connection[Row]):
    """Waits for a slow statement as long as it takes; raises OperationalError, closed, when the server hangs."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg's. It wakes after each interval, also when there is nothing to read."""
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: PQGen[RV]) -> PQGen[RV]:
        heard = monotonic()
        try:
            state = next(gen)
            while True:
                ready = yield state
                if ready:
                    heard = monotonic()
                elif monotonic() - heard > PATIENCE:
                    self._require_life()
                    heard = monotonic()
                state = gen.send(ready)
        except StopIteration as end:
            value: RV = end.value
            return value

    def _require_life(self) -> None:
        try:
            psycopg.connect(self.info.dsn, password=self.info.password, connect_timeout=ANSWER).close()
        except psycopg.errors.ConnectionTimeout:
            self.close()
            raise psycopg.OperationalError("PostgreSQL hangs: it lets nobody in") from None
        except psycopg.OperationalError:  # a refusal is a sign of life; a host that is gone, keepalives notice
            return


__all__ = ["PatientConnection"]
