"""What a test committed into the tenants that all tests of a worker share, found and cleared."""

from typing import Any

import psycopg

from infra.db import Databases, TenantRef
from infra.settings import Settings

SHARED = ("acme", "globex", "initech")


class Leftovers:
    """One connection per cell, as the owner of the schemas."""

    def __init__(self, settings: Settings) -> None:
        databases = Databases(settings)
        with psycopg.connect(databases.dsn("control", "owner")) as control:
            known = "SELECT id, slug, cell FROM control.tenants WHERE slug = ANY(%s)"
            self._tenants = [TenantRef(*row) for row in control.execute(known, [list(SHARED)])]
        self._connections = {
            cell: psycopg.connect(databases.dsn(cell, "owner"), autocommit=True)
            for cell in {tenant.cell for tenant in self._tenants}
        }

    def clear(self) -> list[tuple[Any, ...]]:
        """The events that stood there for good (slug, kind, data); none does now, so that one test is named."""
        found: list[tuple[Any, ...]] = []
        for tenant in self._tenants:
            deleted = f"DELETE FROM {tenant.schema}.events RETURNING kind, data"
            found += [(tenant.slug, *row) for row in self._connections[tenant.cell].execute(deleted)]
        return found

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
