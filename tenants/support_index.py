"""The control plane's index of living support grants: told after the tenant's commit, set right by the sweeper."""

import logging
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import Databases, TenantRef
from infra.db.after_commit import after_commit
from tenants.models.support import SupportGrant
from tenants.operators.health import opening_row
from tenants.operators.models import SupportOpening

log = logging.getLogger(__name__)


def tell(databases: Databases, session: Session, grant: SupportGrant) -> None:
    """Has operators see the grant, or see it no more, as soon as the tenant's transaction has committed."""
    tenant: TenantRef = session.info["tenant"]
    row = opening_row(tenant.id, grant)
    living = grant.revoked_at is None and grant.ends_at > now()
    after_commit(session, lambda: _write(databases, row, living))


def _write(databases: Databases, row: dict[str, Any], living: bool) -> None:
    try:
        with databases.control_session() as session:
            if living:
                session.execute(insert(SupportOpening).values(row).on_conflict_do_nothing())
            else:
                session.execute(delete(SupportOpening).where(SupportOpening.grant_id == row["grant_id"]))
    except (OperationalError, PoolTimeout):  # the grant stands in the tenant; the sweeper tells the index later
        log.warning("the control plane does not answer; the index of support grants is behind")
