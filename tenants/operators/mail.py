"""Mail on its way, in all tenants as the sweeper saw it, and in the platform's own outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.mail.models import ControlOutbox
from tenants.models import Tenant
from tenants.operators.health import TROUBLE_KEPT, MailFlow, mail_flow
from tenants.operators.models import TenantHealth

STUCK_AFTER = timedelta(minutes=15)
"""How long a mail that is due may wait before somebody should look."""
PAGE = 50


@dataclass(frozen=True, slots=True)
class Flow:
    """All outboxes. `troubled` are the platform's own mails that were refused or have an unknown fate."""

    total: MailFlow
    platform: MailFlow
    tenants: Sequence[tuple[TenantHealth, str | None]]
    troubled: Sequence[ControlOutbox]


def read(session: Session) -> Flow:
    """The tenants with mail on its way or in trouble, the worst first."""
    trouble = TenantHealth.mails_unknown + TenantHealth.mails_failed
    busy = TenantHealth.mails_queued + TenantHealth.mails_sending
    rows = session.execute(
        select(TenantHealth, Tenant.slug)
        .join(Tenant, Tenant.id == TenantHealth.tenant_id)
        .where(trouble + busy > 0)
        .order_by(TenantHealth.mails_oldest_at.asc().nulls_last(), trouble.desc(), busy.desc())
        .limit(PAGE)
    )
    troubled = session.scalars(
        select(ControlOutbox)
        .where(ControlOutbox.state.in_(("unknown", "refused")), ControlOutbox.finished_at > now() - TROUBLE_KEPT)
        .order_by(ControlOutbox.finished_at.desc())
        .limit(PAGE)
    ).all()
    return Flow(total(session), mail_flow(session), [(row[0], row[1]) for row in rows], troubled)


def total(session: Session) -> MailFlow:
    """The sum over all tenants."""
    return MailFlow(
        *session.execute(
            select(
                func.coalesce(func.sum(TenantHealth.mails_queued), 0),
                func.coalesce(func.sum(TenantHealth.mails_sending), 0),
                func.coalesce(func.sum(TenantHealth.mails_unknown), 0),
                func.coalesce(func.sum(TenantHealth.mails_failed), 0),
                func.min(TenantHealth.mails_oldest_at),
            )
        ).one()
    )


def count_stuck(session: Session) -> tuple[int, int, datetime | None]:
    """In how many tenants mail waits too long, in how many events do, and since when at the longest."""
    limit = now() - STUCK_AFTER
    mails, events = TenantHealth.mails_oldest_at < limit, TenantHealth.events_oldest_at < limit
    oldest = func.least(func.min(TenantHealth.mails_oldest_at), func.min(TenantHealth.events_oldest_at))
    row = session.execute(
        select(func.count().filter(mails), func.count().filter(events), oldest).where(or_(mails, events))
    ).one()
    return row[0], row[1], row[2]
