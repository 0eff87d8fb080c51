"""A tenant's schema and role in a cell: made, shut, dropped."""

from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from infra.db import Databases, TenantRef
from tenants.migrations import migrate_one

Connection = psycopg.Connection[Any]

DROPS = 5
"""How often dropping a schema begins again when somebody who reads in it held the tables in another order."""


def create(connection: Connection, tenant: TenantRef, line: Path) -> None:
    """Makes role and schema with every table of the line, in one transaction. The role may be there already."""
    name = sql.Identifier(tenant.schema)
    membership = sql.SQL(" WITH INHERIT FALSE, SET TRUE" if connection.info.server_version >= 160000 else "")
    with connection.transaction():
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (tenant.role,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
        connection.execute(sql.SQL("GRANT {} TO rapport_app{}").format(name, membership))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        open_for_its_role(connection, tenant)
        for rights, role in (
            ("SELECT, INSERT, UPDATE, DELETE", name),
            ("SELECT, UPDATE, DELETE", sql.Identifier("rapport_disposal")),
        ):
            connection.execute(
                sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT {} ON TABLES TO {}").format(
                    name, sql.SQL(rights), role
                )
            )
        migrate_one(connection, tenant.schema, line)


def open_for_its_role(connection: Connection, tenant: TenantRef) -> None:
    """Lets the tenant's role and the disposal login into the schema."""
    name = sql.Identifier(tenant.schema)
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}, rapport_disposal").format(name, name))


def shut(connection: Connection, tenant: TenantRef) -> None:
    """Shuts the schema to its own role: what still knows this place can neither read nor write it any more."""
    name = sql.Identifier(tenant.schema)
    connection.execute(sql.SQL("REVOKE USAGE ON SCHEMA {} FROM {}, rapport_disposal").format(name, name))


def drop(databases: Databases, tenant: TenantRef, cell: str) -> None:
    """Drops schema and role in a cell, whatever is there of them. A role that another database uses stays.

    Whoever still reads there, as the sweeper does, may have come to the tables in another order; PostgreSQL then
    tells one of both to give way, and here it begins again.
    """
    name = sql.Identifier(tenant.schema)
    with psycopg.connect(databases.dsn(cell, "owner"), autocommit=True) as connection:
        for left in reversed(range(DROPS)):
            try:
                connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
                break
            except psycopg.errors.DeadlockDetected:
                if not left:
                    raise
        try:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))
        except psycopg.errors.DependentObjectsStillExist:
            return  # two cells on one server share their roles; the one that drops last takes it along


def tables_in_order(connection: Connection, schema: str) -> list[str]:
    """The schema's tables, each after those that its foreign keys point to."""
    names = connection.execute(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = %s AND relkind = 'r'",
        (schema,),
    ).fetchall()
    points = connection.execute(
        "SELECT a.relname, b.relname FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid"
        " JOIN pg_class b ON b.oid = c.confrelid JOIN pg_namespace n ON n.oid = a.relnamespace"
        " WHERE n.nspname = %s AND c.contype = 'f' AND a.oid <> b.oid",
        (schema,),
    ).fetchall()
    graph: dict[str, set[str]] = {name: set() for (name,) in names}
    for table, before in points:
        graph[table].add(before)
    return list(TopologicalSorter(graph).static_order())
