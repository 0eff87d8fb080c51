"""Sends what is due: lease, call, record, each without the others' connection.

A job looks after a tenant for a few seconds and goes; calls that still run then go on in their threads and record
their own outcome, so that a server that hangs never holds a worker's queue.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import timedelta
from enum import IntEnum
from functools import partial
from threading import Event

from sqlalchemy.exc import SQLAlchemyError

from infra import clock
from infra.db import TenantRef
from infra.errors import Unavailable
from infra.events.dispatch import reason_of
from infra.http import Answer, CallFailed, Client, Limits, UrlRefused, client_for
from infra.services import Services
from tenants import due
from tenants.webhooks import leases, signing, slowness
from tenants.webhooks.catalogue import message_id
from tenants.webhooks.leases import DELIVERED, GONE, Outcome, Taken
from tenants.webhooks.threads import Threads, threads

BUDGET = 3.0
"""Seconds that a job leases more; what is on its way then goes on by itself."""
LINGER = 0.02
"""Seconds that those which end together are waited for, so that one look-up leases the next for all of them."""
LIMITS = Limits(seconds=15.0, head=32_768, body=65_536)
WORDS = 1_000
"""Characters of an answer that are kept for people."""
ODD = "\N{REPLACEMENT CHARACTER}"
DUE_KIND = "webhooks"
RECORD_PAUSES = (0.1, 0.5, 2.0, 5.0)
"""Seconds between tries to record an outcome; after the last the lease runs out, and it is sent again."""

log = logging.getLogger(__name__)

Wake = Callable[[], object]


class More(IntEnum):
    """Whether another run is wanted. `LATER` after a pause: there is no thread for this tenant now."""

    NOTHING = 0
    NOW = 1
    LATER = 2


def drain(
    services: Services,
    tenant: TenantRef,
    *,
    wake: Wake,
    client: Client | None = None,
    pool: Threads | None = None,
    budget: float = BUDGET,
) -> More:
    """Sends until nothing is due and nothing on its way, or the budget is spent; whether more may be due.

    `wake` asks for another run; a call that ends after this function calls it.
    """
    pool, client = pool or threads(), client or client_for(services.settings)
    left = Event()
    ends = time.monotonic() + budget
    running: set[Future[None]] = set()
    try:
        while (seconds := ends - time.monotonic()) > 0:
            for taken in _take(services, tenant, pool.room(tenant.id)):
                work = partial(_deliver, services, tenant, client, taken, left, wake)
                running.add(pool.submit(tenant.id, work))
            if not running:
                return More.NOTHING if pool.room(tenant.id) > 0 else More.LATER
            _, running = wait(running, timeout=seconds, return_when=FIRST_COMPLETED)
            _, running = wait(running, timeout=LINGER)
        return More.NOW if pool.room(tenant.id) > 0 else More.LATER
    finally:
        left.set()


def attempt(client: Client, taken: Taken) -> Outcome:
    """One call. No database is near."""
    body = taken.payload.encode()
    signed = signing.headers(message_id(taken.event_id), clock.now(), body, taken.secrets)
    begun = time.monotonic()
    try:
        answer = client.post(taken.url, body, {"Content-Type": "application/json", **signed}, LIMITS)
    except (CallFailed, UrlRefused) as problem:
        return Outcome(problem.code, None, time.monotonic() - begun)
    return Outcome(_code(answer), answer.status, answer.seconds, _words(answer), _retry_after(answer))


def _take(services: Services, tenant: TenantRef, room: int) -> list[Taken]:
    if room <= 0:
        return []
    with services.db.tenant_session(tenant) as session:
        return leases.take(session, room, slowness.known())


def _deliver(services: Services, tenant: TenantRef, client: Client, taken: Taken, left: Event, wake: Wake) -> None:
    """The whole of one delivery, in a thread. Nothing gets out of it: what cannot be recorded is sent again."""
    try:
        outcome = attempt(client, taken)
        slowness.note(taken.endpoint_id, outcome.seconds)
        _record(services, tenant, taken, outcome)
        if left.is_set():
            wake()
    except Exception as problem:
        fields = {"tenant": str(tenant.id), "delivery": str(taken.event_id), "reason": reason_of(problem)}
        log.error("the outcome of a webhook delivery was not recorded", extra=fields, exc_info=problem)


def _record(services: Services, tenant: TenantRef, taken: Taken, outcome: Outcome) -> None:
    for pause in (*RECORD_PAUSES, None):
        try:
            with services.db.tenant_session(tenant) as session:
                again = leases.finish(session, taken, outcome)
                if again is not None:
                    due.announce(services.db, session, DUE_KIND, again)
            return
        except (SQLAlchemyError, Unavailable):
            if pause is None:
                raise
            time.sleep(pause)


def _code(answer: Answer) -> str:
    if 200 <= answer.status < 300:
        return DELIVERED
    if answer.status == 410:
        return GONE
    return "redirected" if 300 <= answer.status < 400 else "status"


def _words(answer: Answer) -> str:
    """The beginning of an answer as text that can be stored; what is no text is shown as it can be."""
    text = answer.body[: 4 * WORDS].decode("utf-8", "replace")[:WORDS]
    return "".join(
        character if character.isprintable() or character in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def _retry_after(answer: Answer) -> timedelta | None:
    """What a busy server asks for, in seconds (RFC 9110, 10.2.3); the form with a date is not read."""
    wished = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(wished)) if wished.isascii() and wished.isdigit() and len(wished) < 7 else None
