"""How long work is shown to programs."""

from typing import Any

from infra.long_jobs import LongJob

SHOWN = ("id", "state", "done", "total", "reason", "created_at", "ended_at")


def shown(row: LongJob) -> dict[str, Any]:
    """The work as its schema takes it."""
    return {name: getattr(row, name) for name in SHOWN}
