"""Limits for what comes in by the thousand: counted here at once, told to the other processes ten times a second.

A round trip to Valkey costs an answer as much as storing it. So a process counts by itself, refuses by itself, and
a thread adds its counts to those of all processes and learns theirs. A limit can be overrun only by what reaches
the other processes within a tenth of a second. With Valkey away each process goes on with what it knows.
"""

import logging
import threading
import time
from dataclasses import dataclass

from infra.errors import TooMany
from infra.limits import Count, Limiter

PERIOD = 0.1
"""Seconds between two exchanges with the other processes."""
IDLE = 5.0
"""Seconds without news after which the thread ends; the next count starts another."""
MOST = 50_000
"""Keys remembered by a process; beyond that it forgets them all and learns anew."""
AT_ONCE = 200
"""Keys in one exchange."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Entry:
    most: int
    seconds: int
    ends: float
    known: int = 0
    unsent: int = 0


class Tally:
    """Counts of one process, shared through a Limiter's Valkey."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._entries: dict[str, _Entry] = {}
        self._news: set[str] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def require(self, count: Count) -> None:
        """Counts once. Raises TooMany with the seconds to wait when the limit is reached."""
        moment = time.monotonic()
        with self._lock:
            entry = self._entries.get(count.key)
            if entry is None or entry.ends <= moment:
                if len(self._entries) >= MOST:
                    self._entries.clear()
                entry = _Entry(count.limit.most, count.limit.seconds, moment + count.limit.seconds)
                self._entries[count.key] = entry
            entry.known += 1
            entry.unsent += 1
            self._news.add(count.key)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tally", daemon=True)
                self._thread.start()
            if entry.known > entry.most:
                raise TooMany(retry_after=max(1, int(entry.ends - moment)))

    def exchange(self) -> None:
        """Adds what was counted here to what all have counted, and learns the sums."""
        with self._lock:
            keys, self._news = list(self._news), set()
            given = [(key, entry, entry.unsent) for key in keys if (entry := self._entries.get(key)) is not None]
            for _, entry, _ in given:
                entry.unsent = 0
        for start in range(0, len(given), AT_ONCE):
            part = given[start : start + AT_ONCE]
            sums = self._limiter.add([(key, number, entry.seconds) for key, entry, number in part])
            moment = time.monotonic()
            with self._lock:
                for (_, entry, _), (total, left) in zip(part, sums, strict=False):
                    entry.known = total + entry.unsent
                    entry.ends = moment + left

    def _run(self) -> None:
        quiet_since = time.monotonic()
        while True:
            time.sleep(PERIOD)
            if self._news:
                self.exchange()
                quiet_since = time.monotonic()
            with self._lock:
                if not self._news and time.monotonic() - quiet_since > IDLE:
                    self._thread = None
                    return
