"""Fixtures of the tests of tenants."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from uuid import UUID

    from infra.db import TenantRef
    from infra.services import Services


@pytest.fixture
def entries(services: "Services", own_tenant: "TenantRef") -> Iterator["list[UUID]"]:
    """Nine entries of `own_tenant` in three seals."""
    from tests.tenants.sealing import ids_of, note, seal

    for _ in range(3):
        note(services, own_tenant, 3)
        seal(services, own_tenant)
    yield ids_of(services, own_tenant)
    services.queues.connection.flushdb()
