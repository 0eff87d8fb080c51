"""Everything that happens by the clock. Two schedulers at once send a job once: each tick is claimed in Valkey."""

import logging
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from infra.jobs.declared import spec_of
from infra.jobs.queues import SCHEDULE_ALIVE, Queues, QueuesUnavailable, valkey_errors
from infra.told import Told

log = logging.getLogger(__name__)

ALIVE_FOR = 15
"""Seconds after its last look in which a scheduler counts as running."""


@dataclass(frozen=True, slots=True)
class Every:
    """A job of scope "services" sent every so many seconds."""

    seconds: int
    job: Callable[..., Any]


def run_schedule(queues: Queues, table: Sequence[Every]) -> None:
    """Sends what is due until SIGTERM or SIGINT. A tick missed while Valkey was away is not made up for."""
    stop = Told()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    while not stop.wait(timeout=0.5):
        try:
            send_due(queues, table, time.time())
        except QueuesUnavailable:
            log.warning("valkey does not answer; the schedule waits")
            stop.wait(timeout=1)


def send_due(queues: Queues, table: Sequence[Every], moment: float) -> list[str]:
    """Claims and sends each job whose tick was not sent yet; answers their names."""
    sent = []
    with valkey_errors():
        queues.connection.set(SCHEDULE_ALIVE, "1", ex=ALIVE_FOR)
    for entry in table:
        spec = spec_of(entry.job)
        tick = int(moment // entry.seconds)
        with valkey_errors():
            claimed = queues.connection.set(
                f"rapport:tick:{spec.name}:{tick}", "1", nx=True, ex=max(entry.seconds * 2, 5)
            )
        if claimed:
            queues.send(spec, None, {})
            sent.append(spec.name)
    return sent
