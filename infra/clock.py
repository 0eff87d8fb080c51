"""The time. Everything asks here, so that a test can travel (time-machine moves what this returns)."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment as an aware UTC datetime."""
    return datetime.now(UTC)
