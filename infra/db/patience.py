"""A connection that gives up on a server that hangs, and only on that.

The kernel under a PostgreSQL that is stopped, or starved of memory or disk, goes on acknowledging what it receives:
keepalives and tcp_user_timeout notice nothing. A slow statement is as silent from here. So whoever waits in silence
asks after a while whether the server still lets anybody in. It does: the statement is only slow, and goes on.

One backend that was stopped alone is silent while its server lets others in; nobody can tell it from a slow one. So
silence has a ceiling for the application's logins. Their longest statements take seconds; building an index, as
migrations do, or an erasure may take longer, so the logins of these wait on.
"""

from time import monotonic

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.rows import Row

PATIENCE = 10.0
"""Seconds of silence after which the server is asked, each time anew."""
ANSWER = 3
"""Seconds that it has to answer (libpq's least is 2)."""
MOST_SILENCES = 12
"""Silences of PATIENCE seconds in a row after which one backend is given up, though the server answers."""
HURRIED = ("rapport_app", "rapport_keys")
"""Logins whose statements are never that long."""


class PatientConnection(psycopg.Connection[Row]):
    """Waits for a slow statement; raises OperationalError, closed, when it hangs."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg's. It wakes after each interval, also when there is nothing to read."""
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: PQGen[RV]) -> PQGen[RV]:
        heard = asked = monotonic()
        try:
            state = next(gen)
            while True:
                ready = yield state
                if ready:
                    heard = asked = monotonic()
                elif monotonic() - asked > PATIENCE:
                    self._require_life(monotonic() - heard)
                    asked = monotonic()
                state = gen.send(ready)
        except StopIteration as end:
            value: RV = end.value
            return value

    def _require_life(self, silent: float) -> None:
        """`silent` is for how many seconds nothing was heard on this connection."""
        if silent > MOST_SILENCES * PATIENCE and self.info.user in HURRIED:
            self.close()
            raise psycopg.OperationalError("PostgreSQL hangs: this one of its processes says nothing")
        try:
            psycopg.connect(self.info.dsn, password=self.info.password, connect_timeout=ANSWER).close()
        except psycopg.errors.ConnectionTimeout:
            self.close()
            raise psycopg.OperationalError("PostgreSQL hangs: it lets nobody in") from None
        except psycopg.OperationalError:  # a refusal is a sign of life; a host that is gone, keepalives notice
            return


__all__ = ["PatientConnection"]
