"""Waiting for what other processes do: by looking, never by sleeping and hoping."""

import time
from collections.abc import Callable


def until(
    condition: Callable[[], bool], what: str = "it", *, seconds: float = 60, told: Callable[[], str] = lambda: ""
) -> None:
    """Looks until the condition holds. Fails after `seconds` (a guard against hanging) with what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}: {told()}"
        time.sleep(0.02)
