"""What needs an operator now: numbers of the control plane, each a reason to open a page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.clock import now
from tenants.models import AbuseReport, FailedJob, Host, Tenant
from tenants.operators import cells, mail, trouble, workspaces
from tenants.operators.health import MailFlow, mail_flow
from tenants.operators.models import SupportOpening, TenantHealth

UNSEEN_AFTER = timedelta(minutes=30)
"""A tenant that the sweeper has not visited for so long: workers or scheduler stand still, or its cell is away."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything that the control plane knows to be wrong, and how many tenants there are in each state."""

    states: dict[str, int]
    failed_jobs: int
    failed_deliveries: int
    delivery_tenants: int
    failed_migrations: int
    behind: int
    full_cells: tuple[str, ...]
    mails: MailFlow
    platform_mails: MailFlow
    stuck_mails: int
    stuck_events: int
    stuck_since: datetime | None
    unseen: int
    failing_domains: int
    openings: int
    abuse: int
    """Reports of abuse that nobody has decided."""
    broken_logs: int
    """Tenants whose audit log is not what was sealed."""


def read(session: Session) -> Numbers:
    """About ten short statements on small tables."""
    by_state = session.execute(
        select(Tenant.state, func.count()).where(Tenant.slug.is_not(None)).group_by(Tenant.state)
    )
    deliveries, tenants = session.execute(
        select(func.coalesce(func.sum(TenantHealth.deliveries_failed), 0), func.count()).where(
            TenantHealth.deliveries_failed > 0
        )
    ).one()
    migrations = trouble.migration_state(session)
    mails, events, since = mail.count_stuck(session)
    return Numbers(
        states={row[0]: row[1] for row in by_state},
        failed_jobs=_count(session, select(func.count(FailedJob.id)).where(FailedJob.retried_at.is_(None))),
        failed_deliveries=deliveries,
        delivery_tenants=tenants,
        failed_migrations=_count(session, select(func.count(Tenant.id)).where(trouble.failed_migration())),
        behind=migrations.behind,
        full_cells=tuple(cell.name for cell in cells.list_cells(session) if cell.nearly_full),
        mails=mail.total(session),
        platform_mails=mail_flow(session),
        stuck_mails=mails,
        stuck_events=events,
        stuck_since=since,
        unseen=_count(session, _unseen()),
        failing_domains=_count(session, select(func.count(Host.host)).where(Host.verified_at.is_(None))),
        abuse=_count(session, select(func.count(AbuseReport.id)).where(AbuseReport.state.in_(("open", "acting")))),
        broken_logs=_count(session, select(func.count()).select_from(workspaces.broken_logs().subquery())),
        openings=_count(session, select(func.count()).where(SupportOpening.ends_at > now())),
    )


def _unseen() -> Any:
    """Active tenants that are older than a visit can be, and were not visited."""
    limit = now() - UNSEEN_AFTER
    return (
        select(func.count(Tenant.id))
        .outerjoin(TenantHealth, TenantHealth.tenant_id == Tenant.id)
        .where(
            Tenant.state == "active",
            Tenant.created_at < limit,
            func.coalesce(TenantHealth.seen_at, Tenant.created_at) < limit,
        )
    )


def _count(session: Session, query: Any) -> int:
    return session.scalar(query) or 0
