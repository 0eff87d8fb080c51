"""Which endpoints took long to answer the last time, as this process has seen it.

A server that thinks for seconds ties up a thread with each call; while it does, it is called fewer times at once.
"""

import time
from collections.abc import Collection
from threading import Lock
from uuid import UUID

SLOW = 5.0
"""Seconds from which an answer, or none, counts as slow."""
REMEMBERED = 600.0
"""Seconds after which an endpoint that was not called again is taken for any other."""

_lock = Lock()
_slow: dict[UUID, float] = {}


def note(endpoint_id: UUID, seconds: float) -> None:
    """How long the endpoint took. One quick answer, and it is not slow any more."""
    with _lock:
        if seconds >= SLOW:
            _slow[endpoint_id] = time.monotonic() + REMEMBERED
        else:
            _slow.pop(endpoint_id, None)


def known() -> Collection[UUID]:
    """The endpoints that are slow."""
    moment = time.monotonic()
    with _lock:
        for endpoint_id in [each for each, until in _slow.items() if until <= moment]:
            del _slow[endpoint_id]
        return frozenset(_slow)
