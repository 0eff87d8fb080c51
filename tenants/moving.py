"""Moving a tenant to another cell, while nobody uses it.

A chain of steps that can be taken up again: suspend, shut the old schema to its own role (so that a process which
still knows the old place fails closed), copy keys and tables, name the new cell, drop the old schema, reopen.
Until the new cell is named, nothing is lost by starting over.
"""

import logging
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import select, update

from infra.crypto import Keys
from infra.db import Databases, TenantRef
from infra.errors import Conflict, NotFound
from tenants import directory, provisioning, schemas
from tenants.migrations import TENANT, head
from tenants.models import Tenant, TenantTransition

log = logging.getLogger(__name__)


class UnknownCell(NotFound):
    """No cell of the settings has this name."""

    code = "unknown_cell"
    message = "There is no cell called %(cell)s. `rapport cells` lists them all."


class NotMovable(Conflict):
    """The tenant's schema does not stand at the newest migration."""

    code = "not_movable"
    message = "Bring the tenant up to date first: `rapport migrate`."


def move(databases: Databases, keys: Keys, tenant_id: UUID, cell: str, *, actor: str) -> int:
    """Moves a tenant to `cell` and answers how many rows were copied; 0 when it is there already.

    It answers 503 meanwhile. A tenant that was suspended before stays so. Raises NotFound, UnknownCell, NotMovable,
    Conflict for a tenant that is neither active nor suspended.
    """
    if cell not in databases.addresses:
        raise UnknownCell(cell=cell)
    tenant = _find(databases, tenant_id)
    note = f"moving to {cell}"
    copied = 0
    if tenant.cell != cell:
        if _state(databases, tenant_id) == "active":
            provisioning.change_state(databases, tenant_id, ("active",), "suspended", actor, note)
        copied = _copy_all(databases, keys, tenant, cell)
        _name_new_cell(databases, tenant, cell)
    for other in databases.addresses:
        if other != cell:
            keys.drop_copy(tenant, other)
            schemas.drop(databases, tenant, other)
    if _last_note(databases, tenant_id) == note:
        provisioning.reopen(databases, tenant_id, actor=actor)
    return copied


def _copy_all(databases: Databases, keys: Keys, tenant: TenantRef, cell: str) -> int:
    schemas.drop(databases, tenant, cell)
    with (
        psycopg.connect(databases.dsn(tenant.cell, "owner"), autocommit=True) as source,
        psycopg.connect(databases.dsn(cell, "owner"), autocommit=True) as target,
    ):
        schemas.shut(source, tenant)
        schemas.create(target, tenant, TENANT)
        with source.transaction(), target.transaction():
            return sum(_copy(source, target, tenant.schema, table) for table in _locked(source, tenant.schema)) + (
                keys.copy(tenant, cell)
            )


def _locked(source: schemas.Connection, schema: str) -> list[str]:
    """The tables to copy, locked: whoever was still writing has finished."""
    tables = [name for name in schemas.tables_in_order(source, schema) if name != "alembic_version"]
    for name in tables:
        source.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.Identifier(schema, name)))
    return tables


def _copy(source: schemas.Connection, target: schemas.Connection, schema: str, table: str) -> int:
    columns = source.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        (sql.Identifier(schema, table).as_string(),),
    ).fetchall()
    place = sql.SQL("{} ({})").format(
        sql.Identifier(schema, table), sql.SQL(", ").join(sql.Identifier(name) for (name,) in columns)
    )
    with source.cursor() as reader, target.cursor() as writer:
        with (
            reader.copy(sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(place)) as out,
            writer.copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(place)) as into,
        ):
            for piece in out:
                into.write(piece)
        return writer.rowcount


def _find(databases: Databases, tenant_id: UUID) -> TenantRef:
    with databases.control_session() as session:
        row = session.get(Tenant, tenant_id)
        if row is None:
            raise NotFound()
        if row.state not in ("active", "suspended"):
            raise Conflict("A tenant that is %(state)s cannot be moved.", state=row.state)
        if row.revision != head(TENANT):
            raise NotMovable()
        return TenantRef(row.id, row.slug or "", row.cell)


def _state(databases: Databases, tenant_id: UUID) -> str | None:
    with databases.control_session() as session:
        return session.scalar(select(Tenant.state).where(Tenant.id == tenant_id))


def _name_new_cell(databases: Databases, tenant: TenantRef, cell: str) -> None:
    with databases.control_session() as session:
        session.execute(update(Tenant).where(Tenant.id == tenant.id, Tenant.cell == tenant.cell).values(cell=cell))
        directory.bump(session)


def _last_note(databases: Databases, tenant_id: UUID) -> str | None:
    query = select(TenantTransition.reason).where(TenantTransition.tenant_id == tenant_id)
    with databases.control_session() as session:
        return session.scalar(query.order_by(TenantTransition.id.desc()).limit(1))
