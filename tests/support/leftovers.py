"""What a test committed into the tenants that all tests of a worker share, found and cleared."""

from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

from infra.db import Databases, TenantRef
from infra.settings import Settings

SHARED = ("acme", "globex", "initech")


class Leftovers:
    """One connection per cell, as the owner of the schemas. Looks at all tables that were empty at first."""

    def __init__(self, settings: Settings) -> None:
        databases = Databases(settings)
        with psycopg.connect(databases.dsn("control", "owner")) as control:
            known = "SELECT id, slug, cell FROM control.tenants WHERE slug = ANY(%s)"
            tenants = [TenantRef(*row) for row in control.execute(known, [list(SHARED)])]
        self._connections = {
            cell: psycopg.connect(databases.dsn(cell, "owner"), autocommit=True)
            for cell in {tenant.cell for tenant in tenants}
        }
        self._looks = {tenant: self._look_at(tenant) for tenant in tenants}

    def clear(self) -> list[tuple[Any, ...]]:
        """The tables (slug, name) that hold rows for good; none does now, so that one test is named."""
        found: list[tuple[Any, ...]] = []
        for tenant, look in self._looks.items():
            connection = self._connections[tenant.cell]
            for (table,) in connection.execute(look).fetchall():
                found.append((tenant.slug, table))
                connection.execute(SQL("TRUNCATE {} CASCADE").format(Identifier(tenant.schema, table)))
        return found

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _look_at(self, tenant: TenantRef) -> Composable:
        connection = self._connections[tenant.cell]
        listed = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [tenant.schema])
        looks = {
            table: SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(
                Literal(table), Identifier(tenant.schema, table)
            )
            for (table,) in listed.fetchall()
        }
        empty = [look for look in looks.values() if not connection.execute(look).fetchall()]
        return SQL(" UNION ALL ").join(empty)
