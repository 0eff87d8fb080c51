"""What the sweeper counts in each tenant on its way, and keeps in the control plane for the operators' pages.

`measure` reads one tenant through partial indexes only; `keep` writes what it found beside the tenant's name. Both
are called by `tenants.jobs` in turn for every tenant, so a page is at most a few minutes behind and visits nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import TenantRef
from infra.events.models import Delivery, Event
from infra.mail.models import IN_FLIGHT_STATES, outbox_of
from tenants.operators.models import TenantFailure, TenantHealth

TROUBLE_KEPT = timedelta(days=7)
"""How far back unknown and refused mails are counted."""
STALE = timedelta(minutes=5)
"""How old a count may become while nothing changes."""
MOST_COUNTED = 10_000
"""Rows of a backlog that are counted; more of them would cost the sweeper time and tell nothing more."""


@dataclass(frozen=True, slots=True)
class MailFlow:
    """An outbox in numbers. `oldest_at` is since when the oldest mail that has not gone out is due."""

    queued: int = 0
    sending: int = 0
    unknown: int = 0
    failed: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Deliveries of one reaction that failed for one reason."""

    reaction: str
    reason: str
    count: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in a tenant."""

    mails: MailFlow
    events_waiting: int
    events_oldest_at: datetime | None
    failures: Sequence[Failure]
    at: datetime = field(default_factory=now)


def measure(session: Session) -> Seen:
    """Reads the tenant whose session this is."""
    waiting, oldest = _backlog(session)
    rows = session.execute(
        select(Delivery.reaction, func.coalesce(Delivery.reason, ""), func.count(), func.min(Event.occurred_at))
        .join(Event, Event.id == Delivery.event_id)
        .where(Delivery.state == "failed")
        .group_by(Delivery.reaction, Delivery.reason)
    )
    failures = [Failure(*row) for row in rows]
    return Seen(mail_flow(session), waiting, oldest, failures)


def mail_flow(session: Session) -> MailFlow:
    """The outbox of a tenant, or the platform's on a control session."""
    model, moment = outbox_of(session), now()
    due = model.next_attempt_at
    open_ones = (
        select(model.state, due)
        .where(model.state.in_(IN_FLIGHT_STATES))
        .order_by(due)
        .limit(MOST_COUNTED)
        .subquery()
    )
    is_queued = open_ones.c.state == "queued"
    queued, sending, oldest = session.execute(
        select(
            func.count().filter(is_queued),
            func.count().filter(~is_queued),
            func.min(open_ones.c.next_attempt_at).filter(open_ones.c.next_attempt_at <= moment),
        )
    ).one()
    unknown, failed = session.execute(
        select(func.count().filter(model.state == "unknown"), func.count().filter(model.state == "refused")).where(
            model.state.in_(("unknown", "refused")), model.finished_at > moment - TROUBLE_KEPT
        )
    ).one()
    return MailFlow(queued, sending, unknown, failed, oldest)


def keep(session: Session, tenant: TenantRef, seen: Seen, *, always: bool = False) -> None:
    """Writes what was found into the control plane; an older look never replaces a newer one.

    What is as it was is written again after STALE only, or `always`: the round through all tenants stays cheap.
    """
    counts = {
        "seen_at": seen.at,
        "mails_queued": seen.mails.queued,
        "mails_sending": seen.mails.sending,
        "mails_unknown": seen.mails.unknown,
        "mails_failed": seen.mails.failed,
        "mails_oldest_at": seen.mails.oldest_at,
        "events_waiting": seen.events_waiting,
        "events_oldest_at": seen.events_oldest_at,
        "deliveries_failed": sum(failure.count for failure in seen.failures),
    }
    written = session.execute(
        insert(TenantHealth)
        .values(tenant_id=tenant.id, **counts)
        .on_conflict_do_update(
            index_elements=[TenantHealth.tenant_id], set_=counts, where=_is_news(counts, seen.at, always)
        )
        .returning(TenantHealth.tenant_id)
    ).one_or_none()
    if written is not None:  # the row is locked from here on, so two looks do not mix
        _keep_failures(session, tenant.id, seen.failures)


def _is_news(counts: dict[str, Any], at: datetime, always: bool) -> ColumnElement[bool]:
    newer = TenantHealth.seen_at <= at
    if always:
        return newer
    changed = [
        getattr(TenantHealth, name).is_distinct_from(value) for name, value in counts.items() if name != "seen_at"
    ]
    return and_(newer, or_(TenantHealth.seen_at < at - STALE, *changed))


def _keep_failures(session: Session, tenant_id: UUID, failures: Sequence[Failure]) -> None:
    session.execute(delete(TenantFailure).where(TenantFailure.tenant_id == tenant_id))
    for failure in failures:
        session.add(
            TenantFailure(
                tenant_id=tenant_id,
                reaction=failure.reaction,
                reason=failure.reason,
                count=failure.count,
                oldest_at=failure.oldest_at,
            )
        )


def _backlog(session: Session) -> tuple[int, datetime | None]:
    """Events that nobody has fanned out and deliveries that are due."""
    moment = now()
    undispatched = select(Event.occurred_at.label("at")).where(Event.dispatched_at.is_(None)).limit(MOST_COUNTED)
    owed = (
        select(Event.occurred_at.label("at"))
        .join(Delivery, Delivery.event_id == Event.id)
        .where(Delivery.state == "waiting", Delivery.next_attempt_at <= moment)
        .limit(MOST_COUNTED)
    )
    both = undispatched.subquery().select().union_all(owed.subquery().select()).subquery()
    count, oldest = session.execute(select(func.count(), func.min(both.c.at)).select_from(both)).one()
    return count, oldest
