"""A tenant of one's own with the tables of `people`."""

import pytest
from sqlalchemy import text

from infra.db import TenantRef
from infra.services import Services
from tests.infra.crypto.people import Apart


@pytest.fixture
def tenant(services: Services, own_tenant: TenantRef) -> TenantRef:
    with services.db.owner(own_tenant.cell) as connection:
        connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": own_tenant.schema})
        Apart.metadata.create_all(connection)
        for table in Apart.metadata.sorted_tables:
            connection.exec_driver_sql(f"GRANT ALL ON {table.name} TO {own_tenant.role}")
    return own_tenant
