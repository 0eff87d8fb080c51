"""The states of a delivery while workers have it: leased, then its outcome, in transactions of their own.

An endpoint's row is locked while its deliveries are leased, so that its limit holds across all workers. A worker
knows a delivery it holds by `leased_until`: no two leases of a delivery share it.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, case, cast, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from infra import clock
from infra.ids import time_beside
from tenants.webhooks import signing
from tenants.webhooks.catalogue import TEST
from tenants.webhooks.models import WebhookDelivery, WebhookEndpoint
from tenants.webhooks.states import note_failure, note_success

PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""After the first attempt, the second, …; together a little more than three days."""
MAX_ATTEMPTS = len(PAUSES) + 1
JITTER = 0.15
"""Each pause is up to this share longer, so that what failed together does not come back together. Never shorter:
whatever is tried to the end has failed for longer than `states.PATIENCE`, so that its endpoint is paused."""
LEASE = timedelta(seconds=60)
"""Much longer than a call may take."""
AT_ONCE, AT_ONCE_SLOW, AT_ONCE_FAILING = 8, 2, 1
"""Calls to one endpoint at a time, over all workers: a slow one ties up one thread, not all."""
AT_ONCE_TENANT = 24
HISTORY = 50
"""Attempts that are kept, the newest."""
DAY = timedelta(days=1)

DELIVERED, INTERRUPTED, GONE = "delivered", "interrupted", "gone"


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that this worker holds, with all it takes to send it. `attempts` counts this one."""

    endpoint_id: UUID
    event_id: UUID
    kind: str
    url: str
    payload: str
    attempts: int
    leased_until: datetime
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: a code, the status if there was one, and the first words of what came back."""

    code: str
    status: int | None
    seconds: float
    words: str = ""
    retry_after: timedelta | None = None


def next_at(session: Session) -> datetime | None:
    """When the next delivery is due, for the due index."""
    moments = [
        session.scalar(
            select(func.min(WebhookDelivery.next_attempt_at))
            .join(WebhookEndpoint)
            .where(WebhookDelivery.state == "waiting", _may_go())
        ),
        session.scalar(select(func.min(WebhookDelivery.leased_until)).where(WebhookDelivery.state == "sending")),
    ]
    return min((moment for moment in moments if moment is not None), default=None)


def has_due(session: Session) -> bool:
    """Whether something is due now, or a worker that had it seems to have died."""
    moment = next_at(session)
    return moment is not None and moment <= clock.now()


def take(session: Session, most: int, slow: Collection[UUID] = ()) -> list[Taken]:
    """Leases up to `most` due deliveries, those of the endpoint that waited longest first; few of `slow` ones."""
    moment = clock.now()
    expire(session, moment)
    due = exists().where(
        WebhookDelivery.endpoint_id == WebhookEndpoint.id,
        WebhookDelivery.state == "waiting",
        WebhookDelivery.next_attempt_at <= moment,
        _may_go(),
    )
    endpoints = session.scalars(
        select(WebhookEndpoint)
        .where(due)
        .order_by(WebhookEndpoint.last_attempt_at.asc().nulls_first())
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if not endpoints:
        return []
    held = _held(session)
    room = min(most, AT_ONCE_TENANT - sum(held.values()))
    taken: list[Taken] = []
    for endpoint in endpoints:
        limit = _limit(endpoint, endpoint.id in slow)
        share = min(limit - held.get(endpoint.id, 0), room - len(taken))
        if share > 0:
            taken += _take_of(session, endpoint, share, moment)
    return taken


def _limit(endpoint: WebhookEndpoint, is_slow: bool) -> int:
    if endpoint.failing_since is not None:
        return AT_ONCE_FAILING
    return AT_ONCE_SLOW if is_slow else AT_ONCE


def expire(session: Session, moment: datetime) -> None:
    """What a dead worker held is due again; whether it had arrived nobody knows, so it goes out under its id."""
    over = WebhookDelivery.attempts >= _most_attempts()
    held = and_(WebhookDelivery.state == "sending", WebhookDelivery.leased_until <= moment)
    for event_id in session.scalars(select(WebhookDelivery.event_id).where(held).with_for_update()).all():
        noted = time_beside(event_id, moment)
        session.execute(
            update(WebhookDelivery)
            .where(held, WebhookDelivery.event_id == event_id)
            .values(
                state=case((over, "failed"), else_="waiting"),
                finished_at=case((over, noted), else_=None),
                outcome=INTERRUPTED,
                status=None,
                next_attempt_at=noted,
                leased_until=None,
                history=_with(_entry(noted, Outcome(INTERRUPTED, None, 0))),
            )
            .execution_options(synchronize_session=False)
        )


def finish(session: Session, taken: Taken, outcome: Outcome) -> datetime | None:
    """Records how it ended, on the delivery and on its endpoint; answers when the next attempt is due, if any.

    Does nothing when the lease was lost: then somebody else is at it.
    """
    moment = clock.now()
    noted = time_beside(taken.event_id, moment)
    held = and_(
        WebhookDelivery.endpoint_id == taken.endpoint_id,
        WebhookDelivery.event_id == taken.event_id,
        WebhookDelivery.state == "sending",
        WebhookDelivery.leased_until == taken.leased_until,
    )
    again = _next_attempt(taken, outcome, moment)
    done = session.execute(
        update(WebhookDelivery)
        .where(held)
        .values(
            state="waiting" if again else "delivered" if outcome.code == DELIVERED else "failed",
            next_attempt_at=again or noted,
            finished_at=None if again else noted,
            outcome=outcome.code,
            status=outcome.status,
            leased_until=None,
            history=_with(_entry(noted, outcome)),
        )
        .returning(WebhookDelivery.event_id)
        .execution_options(synchronize_session=False)
    ).all()
    if done:
        _note_on_endpoint(session, taken, outcome, moment)
    return again if done else None


def _note_on_endpoint(session: Session, taken: Taken, outcome: Outcome, moment: datetime) -> None:
    """A busy endpoint's row is written about once a second while all goes well, not for each delivery."""
    endpoint = session.get(WebhookEndpoint, taken.endpoint_id, populate_existing=True)
    if endpoint is None:
        return
    well = outcome.code == DELIVERED and endpoint.failing_since is None and endpoint.last_outcome == DELIVERED
    if well and endpoint.last_attempt_at and moment - endpoint.last_attempt_at < timedelta(seconds=1):
        return
    session.refresh(endpoint, with_for_update={"key_share": True})
    endpoint.last_outcome, endpoint.last_status, endpoint.last_attempt_at = outcome.code, outcome.status, moment
    if taken.kind == TEST.name:
        return
    if outcome.code == DELIVERED:
        note_success(endpoint)
    else:
        note_failure(session, endpoint, moment, gone=outcome.code == GONE)


def _next_attempt(taken: Taken, outcome: Outcome, moment: datetime) -> datetime | None:
    """None when it is over: delivered, gone, a test, or tried often enough. A server's wish counts up to a day."""
    if outcome.code in (DELIVERED, GONE) or taken.kind == TEST.name or taken.attempts >= MAX_ATTEMPTS:
        return None
    pause = PAUSES[taken.attempts - 1] * random.uniform(1, 1 + JITTER)
    return moment + max(pause, min(outcome.retry_after or pause, DAY))


def _take_of(session: Session, endpoint: WebhookEndpoint, share: int, moment: datetime) -> list[Taken]:
    waiting = select(WebhookDelivery.event_id).where(
        WebhookDelivery.endpoint_id == endpoint.id,
        WebhookDelivery.state == "waiting",
        WebhookDelivery.next_attempt_at <= moment,
    )
    if endpoint.state != "active":
        waiting = waiting.where(WebhookDelivery.kind == TEST.name)
    chosen = waiting.order_by(WebhookDelivery.next_attempt_at).limit(share).with_for_update(skip_locked=True)
    until, secrets = moment + LEASE, signing.secrets_of(endpoint, moment)
    rows = session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.event_id.in_(chosen))
        .values(state="sending", leased_until=until, attempts=WebhookDelivery.attempts + 1)
        .returning(
            WebhookDelivery.event_id, WebhookDelivery.kind, WebhookDelivery.payload, WebhookDelivery.attempts
        )
        .execution_options(synchronize_session=False)
    )
    return [
        Taken(endpoint.id, row.event_id, row.kind, endpoint.url, row.payload, row.attempts, until, secrets)
        for row in rows
    ]


def _held(session: Session) -> dict[UUID, int]:
    """How many deliveries of each endpoint workers hold."""
    rows: Any = session.execute(
        select(WebhookDelivery.endpoint_id, func.count())
        .where(WebhookDelivery.state == "sending")
        .group_by(WebhookDelivery.endpoint_id)
    ).all()
    return dict(rows)


def _may_go() -> ColumnElement[bool]:
    return or_(WebhookEndpoint.state == "active", WebhookDelivery.kind == TEST.name)


def _most_attempts() -> ColumnElement[int]:
    return case((WebhookDelivery.kind == TEST.name, 1), else_=MAX_ATTEMPTS)


def _entry(moment: datetime, outcome: Outcome) -> dict[str, Any]:
    return {
        "at": moment.isoformat(),
        "outcome": outcome.code,
        "status": outcome.status,
        "milliseconds": round(outcome.seconds * 1000),
        "words": outcome.words,
    }


def _with(entry: dict[str, Any]) -> ColumnElement[Any]:
    """The history with one attempt more, without its oldest when it is full."""
    full = func.jsonb_array_length(WebhookDelivery.history) >= HISTORY
    kept = case((full, WebhookDelivery.history.op("-")(literal(0, Integer))), else_=WebhookDelivery.history)
    return kept.op("||")(cast([entry], JSONB))
