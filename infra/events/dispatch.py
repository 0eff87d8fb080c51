"""Draining a tenant's events: fan out, then deliver in batches, setting aside what is poisoned.

Rows are taken by state with SKIP LOCKED, never by "id greater than last": ids are made before their commit and
may appear out of order. Two dispatchers on one tenant share the work and never do it twice.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from infra import clock, metrics
from infra.db import Databases, TenantRef
from infra.events.facts import RecordedEvent
from infra.events.models import Delivery, Event
from infra.events.reactions import Reaction, Reactions
from infra.ids import time_beside

BATCH = 200
MAX_ATTEMPTS = 8

log = logging.getLogger(__name__)


def drain(databases: Databases, tenant: TenantRef, reactions: Reactions, *, most: int = 50) -> bool:
    """Delivers what waits in the tenant, in at most `most` batches; answers whether more may be waiting."""
    for _ in range(most):
        with databases.tenant_session(tenant) as session:
            fanned = fan_out(session, reactions)
        if not fanned and not _deliver_round(databases, tenant, reactions):
            return False
        if fanned:
            _deliver_round(databases, tenant, reactions)
    return True


def fan_out(session: Session, reactions: Reactions, *, batch: int = BATCH) -> int:
    """Turns up to `batch` undispatched events into deliveries; answers how many events it took."""
    taken = session.execute(
        select(Event.id, Event.kind)
        .where(Event.dispatched_at.is_(None))
        .order_by(Event.id)
        .limit(batch)
        .with_for_update(skip_locked=True)
    ).all()
    if not taken:
        return 0
    moment = clock.now()
    fresh = {"state": "waiting", "attempts": 0}
    owed = [
        {**fresh, "event_id": event_id, "reaction": name, "next_attempt_at": time_beside(event_id, moment)}
        for event_id, kind in taken
        for name in reactions.names_for(kind)
    ]
    if owed:
        session.execute(insert(Delivery), owed)
    by_time: dict[datetime, list[UUID]] = {}
    for row in taken:
        by_time.setdefault(time_beside(row.id, moment), []).append(row.id)
    for noted, ids in by_time.items():
        session.execute(update(Event).where(Event.id.in_(ids)).values(dispatched_at=noted))
    return len(taken)


def has_work(session: Session) -> bool:
    """Whether anything waits to be dispatched or delivered now."""
    waiting = select(Event.id).where(Event.dispatched_at.is_(None)).limit(1)
    owed = select(Delivery.event_id).where(Delivery.state == "waiting", Delivery.next_attempt_at <= clock.now())
    return session.scalar(waiting) is not None or session.scalar(owed.limit(1)) is not None


def next_attempt_at(session: Session) -> datetime | None:
    """When the next delivery is due, for the due index."""
    return session.scalar(select(func.min(Delivery.next_attempt_at)).where(Delivery.state == "waiting"))


def _deliver_round(databases: Databases, tenant: TenantRef, reactions: Reactions) -> int:
    """One batch for each reaction that has something due."""
    with databases.tenant_session(tenant) as session:
        due = session.scalars(
            select(Delivery.reaction)
            .where(Delivery.state == "waiting", Delivery.next_attempt_at <= clock.now())
            .distinct()
        ).all()
    return sum(_deliver_batch(databases, tenant, name, reactions.by_name.get(name)) for name in due)


def _deliver_batch(databases: Databases, tenant: TenantRef, name: str, reaction: Reaction | None) -> int:
    """Takes a batch in one transaction; when it fails, its events are tried one by one, so one poisons no other."""
    try:
        with databases.tenant_session(tenant) as session:
            batch = _take(session, name, BATCH)
            _react(session, name, reaction, batch)
        metrics.delivered(name, "done", len(batch))
        return len(batch)
    except Exception as problem:  # noqa: BLE001 - any failure of a reaction is recorded on its own delivery below
        log.warning("reaction failed for a batch; trying its events one by one", extra=_fields(name, problem))
    return _deliver_one_by_one(databases, tenant, name, reaction)


def _deliver_one_by_one(databases: Databases, tenant: TenantRef, name: str, reaction: Reaction | None) -> int:
    done = 0
    tried: set[UUID] = set()
    while len(tried) < BATCH:
        taken: RecordedEvent | None = None
        try:
            with databases.tenant_session(tenant) as session:
                batch = _take(session, name, 1, besides=tried)
                if not batch:
                    break
                taken = batch[0]
                _react(session, name, reaction, batch)
            metrics.delivered(name, "done")
            done += 1
        except Exception as problem:
            if taken is None:
                raise
            _set_aside(databases, tenant, name, taken.id, problem)
        tried.add(taken.id)
    return done


def _take(session: Session, name: str, batch: int, besides: set[UUID] | None = None) -> list[RecordedEvent]:
    """Locks due deliveries of a reaction and deletes them: they are gone when the reaction's work commits."""
    chosen = (
        select(Delivery.event_id)
        .where(Delivery.reaction == name, Delivery.state == "waiting", Delivery.next_attempt_at <= clock.now())
        .order_by(Delivery.event_id)
        .limit(batch)
        .with_for_update(skip_locked=True)
    )
    if besides:
        chosen = chosen.where(Delivery.event_id.not_in(besides))
    ids = session.scalars(chosen).all()
    if not ids:
        return []
    session.execute(delete(Delivery).where(Delivery.reaction == name, Delivery.event_id.in_(ids)))
    rows = session.execute(
        select(Event.id, Event.kind, Event.subject_id, Event.data, Event.occurred_at)
        .where(Event.id.in_(ids))
        .order_by(Event.id)
    ).all()
    return [RecordedEvent(row.id, row.kind, row.subject_id, row.data, row.occurred_at) for row in rows]


def _react(session: Session, name: str, reaction: Reaction | None, batch: Sequence[RecordedEvent]) -> None:
    if not batch:
        return
    if reaction is None:
        raise LookupError(f"no reaction is called {name}")
    reaction(session, batch)


def _set_aside(databases: Databases, tenant: TenantRef, name: str, event_id: UUID, problem: BaseException) -> None:
    """Counts the failure; after the last attempt the delivery is `failed`, which a person can see and retry."""
    log.warning("reaction failed for an event", extra=_fields(name, problem) | {"event": str(event_id)})
    with databases.tenant_session(tenant) as session:
        attempts = func.coalesce(Delivery.attempts, 0) + 1
        session.execute(
            update(Delivery)
            .where(Delivery.event_id == event_id, Delivery.reaction == name)
            .values(attempts=attempts, reason=reason_of(problem))
        )
        row = session.get(Delivery, (event_id, name))
        if row is None:
            return
        if row.attempts >= MAX_ATTEMPTS:
            row.state = "failed"
        metrics.delivered(name, "failed" if row.state == "failed" else "retried")
        again = clock.now() + timedelta(seconds=min(2**row.attempts, 3600))
        row.next_attempt_at = time_beside(event_id, again) if row.state == "failed" else again


def reason_of(problem: BaseException) -> str:
    """What may be shown and logged of a failure: its kind and code, never its text (it may hold personal data)."""
    if isinstance(problem, DBAPIError):
        state = getattr(problem.orig, "sqlstate", None)
        return f"{type(problem).__name__} {state or ''}".strip()
    code = getattr(problem, "code", None)
    return f"{type(problem).__name__} {code}" if isinstance(code, str) else type(problem).__name__


def _fields(name: str, problem: BaseException) -> dict[str, str]:
    return {"reaction": name, "reason": reason_of(problem)}
