"""A worker with two reactions that write down each event they see, twice if it came twice.

It makes the file it is given when it begins to work.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Session

import worker
from infra import log
from infra.events import DomainEvent, Reactions, RecordedEvent
from infra.events import jobs as event_jobs
from infra.jobs.worker import work
from infra.services import Services
from infra.settings import load

PAUSE = float(os.environ.get("CHAOS_PAUSE", "0.02"))
"""Seconds that a batch takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Something(DomainEvent):
    """What the chaos is about."""

    kind: ClassVar[str] = "tests.something"


def count_left(session: Session, events: Sequence[RecordedEvent]) -> None:
    _write("left", session, events)


def count_right(session: Session, events: Sequence[RecordedEvent]) -> None:
    _write("right", session, events)


def _write(side: str, session: Session, events: Sequence[RecordedEvent]) -> None:
    rows = [{"event": event.id, "side": side} for event in events]
    session.execute(text("INSERT INTO effects (event_id, side) VALUES (:event, :side)"), rows)
    session.execute(text("SELECT pg_sleep(:pause)"), {"pause": PAUSE})


if __name__ == "__main__":
    settings = load()
    log.configure(settings)
    services = Services.start(settings)
    worker.compose(services)
    event_jobs.configure(Reactions({Something: [count_left, count_right]}))
    Path(sys.argv[1]).touch()
    work(settings)
