"""What is due at a time: rows in the tenants, with an index over them in the control plane.

`control.due` holds for each tenant and kind the next moment something is due. It may be lost or late: the sweeper
rebuilds it from the rows themselves. Nothing is decided by it; the job looks at the tenant's rows again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra import clock
from infra.db import Databases, TenantRef
from infra.db.after_commit import after_commit
from tenants.models import Due

LEASE = timedelta(minutes=2)
"""How long a kind that was sent is left alone before it is sent again, should its job have died."""


@dataclass(frozen=True, slots=True)
class DueKind:
    """Something that becomes due: `next_at` reads the tenant's rows, `job` does what is due by then."""

    name: str
    next_at: Callable[[Session], datetime | None]
    job: Callable[..., Any]


def announce(databases: Databases, session: Session, kind: str, run_at: datetime) -> None:
    """Enters a moment in the index once the tenant's transaction has committed."""
    tenant: TenantRef = session.info["tenant"]
    after_commit(session, lambda: enter(databases, tenant.id, kind, run_at), once=("due", kind, run_at))


def enter(databases: Databases, tenant_id: UUID, kind: str, run_at: datetime) -> None:
    """Notes that the kind is due at `run_at` or earlier."""
    row = insert(Due).values(tenant_id=tenant_id, kind=kind, run_at=run_at)
    with databases.control_session() as session:
        session.execute(
            row.on_conflict_do_update(
                index_elements=[Due.tenant_id, Due.kind],
                set_={"run_at": func.least(Due.run_at, row.excluded.run_at)},
            )
        )


def take(databases: Databases, limit: int = 200) -> list[tuple[UUID, str]]:
    """Tenants and kinds that are due now; each is leased, so that two schedulers do not send it twice."""
    moment = clock.now()
    with databases.control_session() as session:
        rows = session.scalars(
            select(Due)
            .where(Due.run_at <= moment)
            .order_by(Due.run_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            row.run_at = moment + LEASE
        return [(row.tenant_id, row.kind) for row in rows]


def rebuild(databases: Databases, tenant: TenantRef, kinds: Sequence[DueKind]) -> None:
    """Sets the tenant's index from its rows: after a job has run, and by the sweeper."""
    with databases.tenant_session(tenant) as session:
        moments = {kind.name: kind.next_at(session) for kind in kinds}
    with databases.control_session() as session:
        for kind, run_at in moments.items():
            if run_at is None:
                session.execute(delete(Due).where(Due.tenant_id == tenant.id, Due.kind == kind))
            else:
                row = insert(Due).values(tenant_id=tenant.id, kind=kind, run_at=run_at)
                session.execute(
                    row.on_conflict_do_update(
                        index_elements=[Due.tenant_id, Due.kind], set_={"run_at": row.excluded.run_at}
                    )
                )


def summary(databases: Databases) -> str:
    """One line: how many entries are due now, and the oldest."""
    with databases.control_session() as session:
        count, oldest = session.execute(
            select(func.count(), func.min(Due.run_at)).where(Due.run_at <= clock.now())
        ).one()
    return f"{count} due" + (f", the oldest since {oldest:%Y-%m-%d %H:%M:%S} UTC" if oldest else "")
