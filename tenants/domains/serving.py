"""Which workspace serves a host: one row for each in the control plane, and the rule for taking one over."""

from collections.abc import Collection
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra.clock import now
from tenants import directory
from tenants.domains.records import proof
from tenants.models import Host, Tenant

Standing = Literal["ours", "taken", "free"]
"""Whose a host is: served by the one who asks, proved by another, or served by nobody."""

UNATTENDED = timedelta(days=2)
"""A proof that nobody has looked at for this long is looked at whatever the due index says."""


def claim(
    session: Session, host: str, tenant_id: UUID, token: str, *, texts: Collection[str], main: bool
) -> Standing:
    """Serves the host for a tenant whose proof was just seen in `texts`.

    Another tenant's host changes hands only when that tenant's proof no longer stands there.
    """
    session.execute(insert(Host).values(host=host, tenant_id=tenant_id).on_conflict_do_nothing())
    row = session.scalars(select(Host).where(Host.host == host).with_for_update()).one()
    if row.tenant_id != tenant_id and row.verified_at and row.proof and proof(row.proof) in texts:
        return "taken"
    before = (row.tenant_id, row.verified_at is not None, row.main)
    if row.tenant_id != tenant_id or row.verified_at is None:
        row.verified_at = now()
    row.tenant_id, row.proof, row.proved_at = tenant_id, token, now()
    _set_main(session, row, main)
    if before != (row.tenant_id, True, row.main):
        directory.bump(session)
    return "ours"


def keep(session: Session, host: str, tenant_id: UUID, *, main: bool) -> Standing:
    """Leaves the host as it is while its proof is not to be seen; only where pages lead is brought up to date."""
    row = session.scalars(select(Host).where(Host.host == host).with_for_update()).one_or_none()
    if row is None or row.tenant_id != tenant_id or row.verified_at is None:
        return "free"
    if row.main != main:
        _set_main(session, row, main)
        directory.bump(session)
    return "ours"


def release(session: Session, host: str, tenant_id: UUID) -> Standing:
    """Serves the host no longer."""
    gone = session.execute(delete(Host).where(Host.host == host, Host.tenant_id == tenant_id))
    if gone.rowcount:  # type: ignore[attr-defined]
        directory.bump(session)
    return "free"


def disable(session: Session, host: str, tenant_id: UUID) -> Standing:
    """Serves the host no longer, and remembers whose it was. Whoever proves it may have it."""
    query = update(Host).where(Host.host == host, Host.tenant_id == tenant_id, Host.verified_at.is_not(None))
    if session.execute(query.values(verified_at=None, main=False)).rowcount:  # type: ignore[attr-defined]
        directory.bump(session)
    return "free"


def list_unattended(session: Session, limit: int = 500) -> list[tuple[UUID, str]]:
    """Tenant and host of proofs that nobody looked at for days: their claim was lost, or the due index was."""
    query = (
        select(Host.tenant_id, Host.host)
        .join(Tenant, Tenant.id == Host.tenant_id)
        .where(Tenant.state == "active", Host.verified_at.is_not(None), Host.proved_at < now() - UNATTENDED)
        .order_by(Host.proved_at)
        .limit(limit)
    )
    return [(row.tenant_id, row.host) for row in session.execute(query)]


def _set_main(session: Session, row: Host, main: bool) -> None:
    if main and not row.main:
        session.execute(update(Host).where(Host.tenant_id == row.tenant_id, Host.main).values(main=False))
    row.main = main
    session.flush()
