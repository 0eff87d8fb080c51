"""Tenants as operators see them: found, looked at, suspended and reopened. Never what is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from infra.errors import Invalid, NotFound
from infra.i18n import N_
from infra.jobs import enqueue
from tenants import provisioning
from tenants.models import AuditAnchor, Due, FailedJob, Host, Tenant, TenantTransition
from tenants.operators import audit, telling
from tenants.operators.errors import StateChanged
from tenants.operators.models import SupportOpening, TenantFailure, TenantHealth
from tenants.permissions import Actor

PAGE = 50
STATES: dict[str, str] = {
    "active": N_("Active"),
    "suspended": N_("Suspended"),
    "opening": N_("Opening"),
    "closing": N_("Closing"),
    "closed": N_("Closed"),
}
"""States that a tenant with a name can be in, as people read them; spares have no name yet."""

NOT_TYPED = N_("Type the address of the workspace exactly, so that it is no slip: %(slug)s")
NO_CAUSE = N_("Choose one of the list.")
PROBLEMS: dict[str, str] = {
    "changed": N_("An entry was changed."),
    "removed": N_("An entry was removed."),
    "inserted": N_("An entry was put in later."),
    "reordered": N_("Entries stand in another order."),
    "seal_missing": N_("A seal is missing."),
    "seal_changed": N_("A seal was changed."),
    "truncated": N_("The newest seals are missing."),
    "anchor_missing": N_("Its anchor in the control plane is missing."),
    "anchor_differs": N_("It does not fit its anchor in the control plane."),
    "anchor_forged": N_("Its anchor in the control plane was not made by us."),
}
"""What a check of a tenant's audit log can find, each as a sentence."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; empty is everything."""

    words: str = ""
    state: str = ""
    cell: str = ""
    failing_domain: bool = False
    """Only those with a domain whose proof is gone."""
    broken_log: bool = False
    """Only those whose audit log is not what was sealed."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of tenants, the newest first, with what the sweeper saw of each. `more` is the id to go on after."""

    tenants: Sequence[tuple[Tenant, TenantHealth | None]]
    total: int
    more: UUID | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One tenant with everything the control plane knows of it."""

    tenant: Tenant
    transitions: Sequence[TenantTransition]
    hosts: Sequence[Host]
    due: Sequence[Due]
    jobs: Sequence[FailedJob]
    health: TenantHealth | None
    failures: Sequence[TenantFailure]
    openings: Sequence[SupportOpening]
    chain: AuditAnchor | None
    """Where its audit log is anchored, and what the last check found."""

    @property
    def broken_log(self) -> str | None:
        """What is wrong with its audit log, as a code."""
        return self.chain.problem if self.chain is not None else "anchor_missing"


def list_tenants(session: Session, filters: Filters, *, before: UUID | None = None, limit: int = PAGE) -> Found:
    """Tenants that fit, the newest first, before the one with the id `before`."""
    chosen = _fitting(filters)
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    query = chosen.add_columns(TenantHealth).outerjoin(TenantHealth, TenantHealth.tenant_id == Tenant.id)
    if before is not None:
        query = query.where(Tenant.id < before)
    rows = session.execute(query.order_by(Tenant.id.desc()).limit(limit + 1)).all()
    shown = [(row[0], row[1]) for row in rows[:limit]]
    return Found(shown, total, shown[-1][0].id if len(rows) > limit else None)


def get(session: Session, tenant_id: UUID) -> Tenant:
    """A tenant with a name, in whatever state. Raises NotFound."""
    found = session.get(Tenant, tenant_id)
    if found is None or found.slug is None:
        raise NotFound()
    return found


def detail(session: Session, tenant_id: UUID) -> Detail:
    """Raises NotFound."""
    tenant = get(session, tenant_id)

    def rows(query: Select[Any]) -> Sequence[Any]:
        return session.scalars(query).all()

    mine = FailedJob.tenant_id == tenant_id
    return Detail(
        tenant=tenant,
        transitions=rows(
            select(TenantTransition)
            .where(TenantTransition.tenant_id == tenant_id)
            .order_by(TenantTransition.id.desc())
            .limit(PAGE)
        ),
        hosts=rows(select(Host).where(Host.tenant_id == tenant_id).order_by(Host.host)),
        due=rows(select(Due).where(Due.tenant_id == tenant_id).order_by(Due.run_at)),
        jobs=rows(
            select(FailedJob).where(mine, FailedJob.retried_at.is_(None)).order_by(FailedJob.id.desc()).limit(PAGE)
        ),
        health=session.get(TenantHealth, tenant_id),
        failures=rows(
            select(TenantFailure)
            .where(TenantFailure.tenant_id == tenant_id)
            .order_by(TenantFailure.reaction, TenantFailure.reason)
        ),
        openings=rows(
            select(SupportOpening)
            .where(SupportOpening.tenant_id == tenant_id, SupportOpening.ends_at > func.now())
            .order_by(SupportOpening.ends_at)
        ),
        chain=session.get(AuditAnchor, tenant_id),
    )


def suspend(session: Session, tenant_id: UUID, *, typed: str, reason: str, by: Actor, cause: str = "other") -> None:
    """Stops serving a tenant; nothing is deleted. `typed` is its slug, as the operator typed it.

    The tenant reads the `cause` in its audit log, and only operators the `reason`. Raises Invalid when the slug is
    another or the cause is none, StateChanged when the tenant is not active any more.
    """
    tenant = get(session, tenant_id)
    if typed.strip().lower() != tenant.slug:
        raise Invalid(problems={"typed": [NOT_TYPED % {"slug": tenant.slug}]})
    _change(session, tenant_id, "active", "suspended", reason, cause, by)
    audit.record(session, "tenant.suspended", by=by, tenant=tenant_id, subject=tenant_id, cause=cause)


def reopen(session: Session, tenant_id: UUID, *, reason: str, by: Actor, cause: str = "other") -> None:
    """Serves a suspended tenant again. Raises Invalid, and StateChanged when it is not suspended any more."""
    get(session, tenant_id)
    _change(session, tenant_id, "suspended", "active", reason, cause, by)
    audit.record(session, "tenant.reopened", by=by, tenant=tenant_id, subject=tenant_id, cause=cause)


def _change(session: Session, tenant_id: UUID, before: str, after: str, reason: str, cause: str, by: Actor) -> None:
    if cause not in telling.CAUSES:
        raise Invalid(problems={"cause": [NO_CAUSE]})
    actor = f"{telling.ACTOR}{by.id}"
    if not provisioning.set_state(session, tenant_id, (before,), after, actor, reason or None, cause):
        raise StateChanged(state=after)
    enqueue(session, telling.tell_tenants)


def broken_logs() -> Select[UUID]:
    """Served or suspended tenants whose audit log is not what was sealed, as the last check of each found."""
    return (
        select(Tenant.id)
        .outerjoin(AuditAnchor, AuditAnchor.tenant_id == Tenant.id)
        .where(
            Tenant.state.in_(("active", "suspended")),
            or_(AuditAnchor.problem.is_not(None), AuditAnchor.tenant_id.is_(None)),
        )
    )


def _fitting(filters: Filters) -> Select[Any]:
    query = select(Tenant).where(Tenant.slug.is_not(None))
    if filters.state:
        query = query.where(Tenant.state == filters.state)
    if filters.cell:
        query = query.where(Tenant.cell == filters.cell)
    if filters.failing_domain:
        query = query.where(Tenant.id.in_(select(Host.tenant_id).where(Host.verified_at.is_(None))))
    if filters.broken_log:
        query = query.where(Tenant.id.in_(broken_logs()))
    words = filters.words.strip()
    if not words:
        return query
    if (tenant_id := _id(words)) is not None:
        return query.where(Tenant.id == tenant_id)
    host = words.lower().removeprefix("https://").removeprefix("http://").partition("/")[0].partition(":")[0]
    by_host = select(Host.tenant_id).where(Host.host.contains(host, autoescape=True))
    return query.where(
        or_(
            Tenant.slug.contains(words.lower(), autoescape=True),
            Tenant.name.icontains(words, autoescape=True),
            Tenant.slug == host.partition(".")[0],
            Tenant.id.in_(by_host),
        )
    )


def _id(words: str) -> UUID | None:
    """An id, also as a schema is named after it."""
    try:
        return UUID(words.removeprefix("t_"))
    except ValueError:
        return None
