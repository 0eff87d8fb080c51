"""Names that lists show beside ids: of operators (decrypted here and nowhere logged) and of workspaces."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from tenants.models import Tenant
from tenants.operators import accounts
from web import tenancy


def of_operators() -> dict[UUID | None, str]:
    """Every operator's name by id; there are few."""
    return {operator.id: operator.name for operator in accounts.list_all(tenancy.session())}


def of_tenants(ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """The slugs of these tenants by id."""
    wanted = {tenant_id for tenant_id in ids if tenant_id is not None}
    query = select(Tenant.id, Tenant.slug).where(Tenant.id.in_(wanted))
    return {row.id: row.slug or "" for row in tenancy.session().execute(query)} if wanted else {}
