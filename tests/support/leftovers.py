"""What a test committed into the tenants that all tests of a worker share, found and cleared."""

from typing import Any

import psycopg

from infra.services import Services
from tests.support.tenants import by_slug

SHARED = ("acme", "globex", "initech")


class Leftovers:
    """One connection per cell, as the owner of the schemas."""

    def __init__(self, services: Services) -> None:
        self._tenants = [by_slug(services, slug) for slug in SHARED]
        self._connections = {
            cell: psycopg.connect(services.db.dsn(cell, "owner"), autocommit=True)
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
