"""Threads for calls that may hang.

They are daemons: a worker that is told to stop gives them a few seconds and goes; the leases of what was on its way
run out, and it is sent again. A pool of `concurrent.futures` would hold the process until the last server answers.
"""

import atexit
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from uuid import UUID

MOST = 32
SHARE = 3
"""One tenant holds at most a third of the threads, so that two whose servers hang leave some to all others."""
GRACE = 5.0
"""Seconds that a process which ends waits for what is on its way."""

Work = tuple[UUID, Callable[[], None], "Future[None]"]


class Threads:
    """Up to `most` threads, started when they are first needed."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._waiting: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0
        self._busy = 0
        self._held: Counter[UUID] = Counter()

    def room(self, owner: UUID) -> int:
        """How many more pieces of the owner's work would begin at once; the owner is a tenant."""
        with self._lock:
            return min(self._most - self._busy, max(1, self._most // SHARE) - self._held[owner])

    def submit(self, owner: UUID, work: Callable[[], None]) -> "Future[None]":
        """Does the work in a thread. Its future is done when it is; `work` handles its own errors."""
        future: Future[None] = Future()
        with self._lock:
            self._busy += 1
            self._held[owner] += 1
            if self._busy > self._started and self._started < self._most:
                self._started += 1
                threading.Thread(target=self._run, name=f"webhooks-{self._started}", daemon=True).start()
        self._waiting.put((owner, work, future))
        return future

    def rest(self, seconds: float) -> bool:
        """Waits until nothing is on its way, at most so long; whether that came about."""
        ends = time.monotonic() + seconds
        while self._busy and time.monotonic() < ends:
            time.sleep(0.02)
        return not self._busy

    def _run(self) -> None:
        while True:
            owner, work, future = self._waiting.get()
            try:
                work()
            finally:
                with self._lock:
                    self._busy -= 1
                    self._held[owner] -= 1
                    self._held += Counter()  # forgets who holds none
                future.set_result(None)


def threads() -> Threads:
    """The threads of this process."""
    return _of_process(os.getpid())


@lru_cache(maxsize=1)
def _of_process(process: int) -> Threads:
    made = Threads()
    atexit.register(made.rest, GRACE)
    return made
