"""How a tenant's schema comes and goes: spares made ahead, opening, suspending, closing.

Control plane and cell may be different servers, so each change is a chain of steps that can be taken up again:
a row in `control.tenants` says how far it came. Spares are made under their final id, because after a rename
caches would name a role that is gone, and a GRANT would slow every backend's next role switch.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.crypto import Keys
from infra.crypto.store import create_tables
from infra.db import Databases, TenantRef
from infra.errors import Conflict, NotFound, Unavailable
from infra.events.dispatch import reason_of
from infra.ids import new_id
from infra.jobs.declared import TEMPORARY
from infra.storage import Storage
from tenants import directory, schemas
from tenants.audit import anchors
from tenants.migrations import TENANT, head
from tenants.models import Cell, Due, FailedJob, Host, StaffIndex, Tenant, TenantTransition
from tenants.operators.models import SupportOpening, TenantFailure, TenantHealth

log = logging.getLogger(__name__)

LIVING = ("spare", "opening", "active", "suspended", "closing")

Prepare = Callable[[Session], None]
"""Writes a new tenant's first rows; called again when an opening is taken up, so it must be safe to repeat."""


class SlugTaken(Conflict):
    """Another tenant has this slug."""

    code = "slug_taken"
    message = "The address %(slug)s is taken. Please choose another."


class NoRoom(Unavailable):
    """No cell takes new tenants, or no spare is ready."""

    code = "no_room"
    message = "No new workspace can be opened at the moment. Please try again in a few minutes."


def ensure_cells(databases: Databases) -> None:
    """Enters every cell of the settings in the control plane and makes the tables of its key store."""
    for cell in ("control", *databases.addresses):
        create_tables(databases.engine(cell, "keys"))
    with databases.control_session() as session:
        known = set(session.scalars(select(Cell.name)))
        session.add_all(Cell(name=name) for name in databases.addresses if name not in known)


def make_spare(databases: Databases, keys: Keys, cell: str, line: Path = TENANT) -> TenantRef:
    """Makes one schema with its role, keys and tables, ready to be opened."""
    tenant = TenantRef(new_id(), "", cell)
    with databases.control_session() as session:
        session.add(Tenant(id=tenant.id, cell=cell, state="making"))
    keys.create_tenant(tenant)
    with psycopg.connect(databases.dsn(cell, "owner"), autocommit=True) as connection:
        schemas.create(connection, tenant, line)
    with databases.control_session() as session:
        anchors.begin(session, keys, tenant.id)
        session.execute(update(Tenant).where(Tenant.id == tenant.id).values(state="spare", revision=head(line)))
    return tenant


def fill_spares(databases: Databases, keys: Keys, wanted: int, line: Path = TENANT) -> int:
    """Makes spares until every open cell with room has `wanted`; answers how many were made.

    One process at a time per control plane; a second one does nothing. A cell that does not answer is passed over,
    so that the others have theirs.
    """
    made = 0
    with psycopg.connect(databases.dsn("control", "owner")) as lock:
        row = lock.execute("SELECT pg_try_advisory_xact_lock(hashtext('rapport spares'))").fetchone()
        if row is None or not row[0]:
            return 0
        _drop_half_made(databases, keys)
        for cell, capacity in _open_cells(databases):
            with _passing_over(cell):
                while _count(databases, cell, ("spare",)) < wanted and _count(databases, cell, LIVING) < capacity:
                    make_spare(databases, keys, cell, line)
                    made += 1
    return made


def open_tenant(
    databases: Databases, slug: str, name: str, *, actor: str, prepare: Prepare, cell: str | None = None
) -> TenantRef:
    """Opens a tenant under a slug on a spare schema (of `cell`, if named); `prepare` runs in its first transaction.

    Called again with the same slug by the same actor it takes up where a crash left it. Raises SlugTaken, NoRoom.
    """
    tenant = _claim(databases, slug, name, actor, cell)
    with databases.tenant_session(tenant) as session:
        prepare(session)
    with databases.control_session() as session:
        changed = session.execute(
            update(Tenant).where(Tenant.id == tenant.id, Tenant.state == "opening").values(state="active")
        )
        if changed.rowcount:  # type: ignore[attr-defined]
            note(session, tenant.id, "active", actor)
            directory.bump(session)
    return tenant


def suspend(
    databases: Databases, tenant_id: UUID, *, actor: str, reason: str | None = None, cause: str | None = None
) -> None:
    """Stops serving a tenant; its data stays. Suspending a suspended tenant does nothing.

    With a `cause` the tenant reads it in its own audit log.
    """
    change_state(databases, tenant_id, ("active",), "suspended", actor, reason, cause)


def reopen(
    databases: Databases, tenant_id: UUID, *, actor: str, reason: str | None = None, cause: str | None = None
) -> None:
    """Serves a suspended tenant again; with a `cause` as `suspend`."""
    change_state(databases, tenant_id, ("suspended",), "active", actor, reason, cause)


def close(
    databases: Databases, keys: Keys, storage: Storage, tenant_id: UUID, *, actor: str, reason: str | None = None
) -> None:
    """Ends a tenant for good: hosts and files go, the schema is dropped, its key destroyed.

    Can be taken up after a crash. Raises StorageUnavailable while files cannot be deleted.
    """
    if _state(databases, tenant_id) == "closed":
        return
    change_state(databases, tenant_id, ("active", "suspended", "opening"), "closing", actor, reason)
    with databases.control_session() as session:
        row = session.get_one(Tenant, tenant_id)
        tenant = TenantRef(row.id, row.slug or "", row.cell)
        session.execute(delete(Host).where(Host.tenant_id == tenant_id))
        session.execute(delete(StaffIndex).where(StaffIndex.tenant_id == tenant_id))
        session.execute(delete(Due).where(Due.tenant_id == tenant_id))
        session.execute(delete(FailedJob).where(FailedJob.tenant_id == tenant_id))
        for seen in (TenantHealth, TenantFailure, SupportOpening):
            session.execute(delete(seen).where(seen.tenant_id == tenant_id))
    schemas.drop(databases, tenant, tenant.cell)
    keys.destroy_tenant(tenant)
    storage.delete_all_of(tenant)
    change_state(databases, tenant_id, ("closing",), "closed", actor, reason)


def _claim(databases: Databases, slug: str, name: str, actor: str, cell: str | None) -> TenantRef:
    try:
        with databases.control_session() as session:
            one_at_a_time = func.pg_advisory_xact_lock(func.hashtextextended(f"open {slug}", 0))
            session.execute(select(one_at_a_time))
            taken = session.scalar(select(Tenant).where(Tenant.slug == slug).with_for_update())
            if taken is not None:
                if taken.state in ("opening", "active") and _opened_by(session, taken.id, actor):
                    return TenantRef(taken.id, slug, taken.cell)
                raise SlugTaken(slug=slug)
            spare = session.scalar(_next_spare(cell))
            if spare is None:
                raise NoRoom()
            spare.slug, spare.name, spare.state = slug, name, "opening"
            note(session, spare.id, "opening", actor)
            return TenantRef(spare.id, slug, spare.cell)
    except IntegrityError as problem:
        raise SlugTaken(slug=slug) from problem


def _next_spare(cell: str | None) -> Select[Tenant]:
    query = select(Tenant).join(Cell, Cell.name == Tenant.cell).where(Tenant.state == "spare", Cell.open)
    if cell is not None:
        query = query.where(Tenant.cell == cell)
    return query.order_by(Tenant.id).limit(1).with_for_update(skip_locked=True, of=Tenant)


def _opened_by(session: Session, tenant_id: UUID, actor: str) -> bool:
    first = select(TenantTransition.actor).where(
        TenantTransition.tenant_id == tenant_id, TenantTransition.state == "opening"
    )
    return session.scalar(first) == actor


def change_state(
    databases: Databases,
    tenant_id: UUID,
    allowed: tuple[str, ...],
    state: str,
    actor: str,
    reason: str | None,
    cause: str | None = None,
) -> None:
    with databases.control_session() as session:
        set_state(session, tenant_id, allowed, state, actor, reason, cause)


def set_state(
    session: Session,
    tenant_id: UUID,
    allowed: tuple[str, ...],
    state: str,
    actor: str,
    reason: str | None,
    cause: str | None = None,
) -> bool:
    """Changes a tenant's state in the caller's transaction; False when it was in that state already.

    With a `cause` the tenant's own audit log is to hold it too (`tenants.operators.telling`).
    Raises NotFound, and Conflict from a state that is not `allowed`.
    """
    tenant = session.get(Tenant, tenant_id, with_for_update=True, populate_existing=True)
    if tenant is None:
        raise NotFound()
    if tenant.state == state:
        return False
    if tenant.state not in allowed:
        raise Conflict("A tenant that is %(state)s cannot become %(wanted)s.", state=tenant.state, wanted=state)
    tenant.state = state
    note(session, tenant_id, state, actor, reason, cause)
    directory.bump(session)
    return True


def _state(databases: Databases, tenant_id: UUID) -> str | None:
    with databases.control_session() as session:
        return session.scalar(select(Tenant.state).where(Tenant.id == tenant_id))


def note(
    session: Session, tenant_id: UUID, state: str, actor: str, reason: str | None = None, cause: str | None = None
) -> None:
    session.add(TenantTransition(tenant_id=tenant_id, state=state, actor=actor, reason=reason, cause=cause))


def _drop_half_made(databases: Databases, keys: Keys) -> None:
    """What a crash left behind while a spare was made."""
    with databases.control_session() as session:
        left = [
            TenantRef(row.id, "", row.cell)
            for row in session.execute(select(Tenant.id, Tenant.cell).where(Tenant.state == "making"))
        ]
    for tenant in left:
        with _passing_over(tenant.cell):
            schemas.drop(databases, tenant, tenant.cell)
            keys.destroy_tenant(tenant)
            with databases.control_session() as session:
                session.execute(delete(Tenant).where(Tenant.id == tenant.id, Tenant.state == "making"))


@contextmanager
def _passing_over(cell: str) -> Iterator[None]:
    """Goes on when the cell does not answer: what is open there is done in a later run."""
    try:
        yield
    except TEMPORARY as problem:
        log.warning("a cell does not answer", extra={"cell": cell, "reason": reason_of(problem)})


def _open_cells(databases: Databases) -> list[tuple[str, int]]:
    """Name and capacity of the cells that take tenants."""
    with databases.control_session() as session:
        cells = session.execute(select(Cell.name, Cell.capacity).where(Cell.open)).all()
    return [(row.name, row.capacity) for row in cells]


def _count(databases: Databases, cell: str, states: tuple[str, ...]) -> int:
    with databases.control_session() as session:
        counted = select(func.count()).where(Tenant.cell == cell, Tenant.state.in_(states))
        return session.scalar(counted) or 0
