"""The control plane's index of living support grants, so that operators see which tenants let them in.

It opens nothing by itself: the grant in the tenant decides. So a line is written before the tenant's transaction
commits and taken away after it; what a crash leaves behind leads nowhere and ends with the time of its grant.
"""

import logging
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import Databases, TenantRef
from infra.db.after_commit import after_commit
from tenants.models.support import SupportGrant
from tenants.operators.models import SupportOpening

log = logging.getLogger(__name__)


def announce(databases: Databases, session: Session, grant: SupportGrant) -> None:
    """Shows operators a grant that the session is about to commit; lines whose time is over go."""
    tenant: TenantRef = session.info["tenant"]
    row = {
        "grant_id": grant.id,
        "tenant_id": tenant.id,
        "allows": grant.allows,
        "granted_at": grant.granted_at,
        "ends_at": grant.ends_at,
    }
    with databases.control_session() as control:
        control.execute(delete(SupportOpening).where(SupportOpening.ends_at < now()))
        control.execute(insert(SupportOpening).values(row).on_conflict_do_nothing())


def withdraw(databases: Databases, session: Session, grant: SupportGrant) -> None:
    """Shows the grant no more, once its end has committed."""
    after_commit(session, lambda: drop(databases, grant.id))


def drop(databases: Databases, grant_id: UUID) -> None:
    """Takes a line away. While the control plane is away it stays, and leads nowhere."""
    try:
        with databases.control_session() as control:
            control.execute(delete(SupportOpening).where(SupportOpening.grant_id == grant_id))
    except (OperationalError, PoolTimeout):
        log.warning("the control plane does not answer; the index of support grants is behind")
