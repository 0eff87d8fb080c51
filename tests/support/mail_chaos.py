"""Mail under everything at once: workers are killed, Valkey is emptied, the server refuses and breaks off.

Used by a test and, with more of everything, by the bench.

Workers are forked from a process that has imported everything, so that one that was killed is replaced at once.
"""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, select

from infra.db import TenantRef
from infra.mail import sender
from infra.mail.models import IN_FLIGHT_STATES, Outbox
from infra.mail.purposes import MailPurposes
from infra.services import Services
from infra.settings import Settings
from tests.support.run import without_settings
from tests.support.smtp_sink import sinking

WORKERS = 2
KILL_EVERY = 2.0
LEASE = 10
Prepare = Callable[[], MailPurposes]


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it.

    `twice` are messages that the server's log holds more than once, `missing` mails that were counted as accepted
    and are not in it.
    """

    states: dict[str, int]
    kept: int
    dropped: int
    twice: int
    missing: int
    kills: int
    seconds: float

    @property
    def accepted_share(self) -> float:
        """Of those that were not refused for good."""
        return self.states.get("accepted", 0) / (sum(self.states.values()) - self.states.get("refused", 0))

    @property
    def unknown_allowed(self) -> int:
        """Those whose connection broke after DATA, and one for each worker that was killed."""
        return self.dropped + self.kills


def work(settings: Settings, tenant: TenantRef, prepare: Prepare) -> None:
    """A worker that sends until it is killed."""
    purposes = prepare()
    services = Services.start(settings)
    while True:
        sender.send_batch(services, tenant, purposes)
        time.sleep(0.05)


def run(
    services: Services, tenant: TenantRef, prepare: Prepare, log: Path, *, most_kills: int, timeout: float
) -> Figures:
    """Sends everything that waits in the tenant's outbox. Raises TimeoutError."""
    options = ("--later", "0.1", "--refuse", "0.02", "--drop", "0.01", "--log", str(log))
    with sinking(without_settings(os.environ), *options) as port:
        settings = replace(
            services.settings,
            smtp_host="127.0.0.1",
            smtp_port=port,
            mail_rate=1_000_000,
            mail_lease=LEASE,
            mail_first_pause=1,
        )
        began = time.monotonic()
        kills = _until_done(services, settings, tenant, prepare, most_kills, began + timeout)
        seconds = time.monotonic() - began
    return _figures(services, tenant, log, kills, seconds)


def _until_done(
    services: Services, settings: Settings, tenant: TenantRef, prepare: Prepare, most_kills: int, deadline: float
) -> int:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.mail_chaos", prepare.__module__])

    def start() -> multiprocessing.process.BaseProcess:
        process = context.Process(target=work, args=(settings, tenant, prepare), daemon=True)
        process.start()
        return process

    def kill(process: multiprocessing.process.BaseProcess) -> None:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(10)

    workers = [start() for _ in range(WORKERS)]
    kills, next_kill = 0, time.monotonic() + KILL_EVERY
    try:
        while _in_flight(services, tenant):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{_in_flight(services, tenant)} mails are not sent yet")
            if kills < most_kills and time.monotonic() >= next_kill:
                chosen = random.randrange(WORKERS)
                kill(workers[chosen])
                kills, next_kill = kills + 1, next_kill + KILL_EVERY
                if kills == 2:
                    services.queues.connection.flushdb()
                workers[chosen] = start()
            time.sleep(0.05)
    finally:
        for each in workers:
            kill(each)
    return kills


def _in_flight(services: Services, tenant: TenantRef) -> int:
    with services.db.tenant_session(tenant) as session:
        query = select(func.count()).select_from(Outbox).where(Outbox.state.in_(IN_FLIGHT_STATES))
        return session.scalar(query) or 0


def _figures(services: Services, tenant: TenantRef, log: Path, kills: int, seconds: float) -> Figures:
    lines = [line.split(" ", 1) for line in log.read_text().splitlines()]
    seen = Counter(message for _, message in lines)
    kept = {message for what, message in lines if what == "kept"}
    with services.db.tenant_session(tenant) as session:
        states = {row[0]: row[1] for row in session.execute(select(Outbox.state, func.count()).group_by("state"))}
        accepted = set(session.scalars(select(Outbox.message_id).where(Outbox.state == "accepted")))
    return Figures(
        states=states,
        kept=len(kept),
        dropped=sum(what == "dropped" for what, _ in lines),
        twice=sum(count > 1 for count in seen.values()),
        missing=len(accepted - kept),
        kills=kills,
        seconds=seconds,
    )
