"""Which state of a row somebody has seen: its last change in microseconds. Of two who change the same one at once
the second is told, so that nobody's work is lost silently.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from infra import clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = timedelta(microseconds=1)


class Revised(Protocol):
    """A row that knows when it changed last."""

    updated_at: datetime


def revision_of(row: Revised) -> int:
    """A number that rises with each change."""
    return (row.updated_at - EPOCH) // STEP


def touch(row: Revised) -> None:
    """Notes a change; later than the one before even when the clock is not."""
    row.updated_at = max(clock.now(), row.updated_at + STEP)
