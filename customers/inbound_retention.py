"""Mail that became nobody's interaction is not kept for ever: after KEPT it goes, with its files and its key."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from customers.inbound_desk import DECIDABLE
from customers.models import InboundMail
from infra import clock
from infra.db import TenantRef
from infra.ids import first_id_at
from infra.jobs.declared import job, spec_of
from infra.services import Services
from infra.storage import StorageKey

FLAG = "inbound_mails_old"
KEPT = timedelta(days=90)
AT_ONCE = 100
OLD = (*DECIDABLE, "forgotten")


def has_old(session: Session) -> bool:
    """Whether a mail has stayed longer than it should, for the sweeper."""
    return session.scalar(_old().limit(1)) is not None


@job(queue="bulk", scope="services")
def forget_mails(services: Services, tenant: TenantRef) -> None:
    """Deletes what is too old. The row goes last, so that whatever dies here leaves word of what must still go."""
    with services.db.tenant_session(tenant) as session:
        rows = session.scalars(_old().limit(AT_ONCE)).all()
    for mail_id in rows:
        _forget(services, tenant, mail_id)
    if len(rows) == AT_ONCE:
        services.queues.send_once(spec_of(forget_mails), tenant.id, FLAG)


def _forget(services: Services, tenant: TenantRef, mail_id: UUID) -> None:
    """Who said meanwhile whose mail it is keeps it."""
    with services.db.tenant_session(tenant) as session:
        row = session.get(InboundMail, mail_id, with_for_update=True)
        if row is None or row.state not in OLD:
            return
        row.state, files = "forgotten", [row.file, *(each["file"] for each in row.attachments)]
    for file in files:
        services.storage.delete(StorageKey(file))
    services.keys.destroy_person(tenant, mail_id)
    with services.db.tenant_session(tenant) as session:
        session.execute(delete(InboundMail).where(InboundMail.id == mail_id))


def _old() -> Select[UUID]:
    before = first_id_at(clock.now() - KEPT)
    return select(InboundMail.id).where(InboundMail.state.in_(OLD), InboundMail.id < before)
