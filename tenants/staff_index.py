"""Keeps `control.staff_index` ("find my workspace") true to who works in a tenant.

Control plane and tenant may be different servers, so this is a step that can be taken up again: a change marks
the member in its own transaction (`mark`), a job tells the control plane what is true now and takes the mark off.
Should the job be lost, the sweeper finds the mark.
"""

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra.clock import now
from infra.crypto.columns import or_none
from infra.crypto.normal import email as normal_email
from infra.db import TenantRef
from infra.jobs import enqueue
from infra.jobs.declared import job
from infra.services import Services
from tenants.models import StaffIndex, StaffMember

FLAG = "staff_index"


def mark(session: Session, member: StaffMember) -> None:
    """Notes that the member came, went, or has another address; the control plane hears of it after the commit."""
    member.unlisted_since = now()
    enqueue(session, tell_control, once=FLAG)


def has_untold(session: Session) -> bool:
    """Whether the control plane has not been told of a change, for the sweeper."""
    marked = select(StaffMember.id).where(StaffMember.unlisted_since.is_not(None)).limit(1)
    return session.scalar(marked) is not None


@job(queue="default", scope="services")
def tell_control(services: Services, tenant: TenantRef) -> None:
    """Makes the tenant's lines in the index those of its active staff. Of two at once one waits, then reads."""
    with services.db.control_session() as control:
        control.execute(select(sql.pg_advisory_xact_lock(_lock_of(tenant))))
        with services.db.tenant_session(tenant) as session:
            marked = _marked(session)
            addresses = _addresses(session)
        true = {services.keys.platform.blind("email", normal_email(each)) for each in addresses}
        control.execute(
            delete(StaffIndex).where(StaffIndex.tenant_id == tenant.id, StaffIndex.email_index.not_in(true))
        )
        if true:
            lines = [{"email_index": index, "tenant_id": tenant.id} for index in sorted(true)]
            control.execute(insert(StaffIndex).values(lines).on_conflict_do_nothing())
    with services.db.tenant_session(tenant) as session:
        for member_id, since in marked.items():
            session.execute(
                update(StaffMember)
                .where(StaffMember.id == member_id, StaffMember.unlisted_since == since)
                .values(unlisted_since=None)
            )


def _marked(session: Session) -> dict[UUID, object]:
    """Who is marked, and since when: a mark that is renewed meanwhile stays."""
    query = select(StaffMember.id, StaffMember.unlisted_since).where(StaffMember.unlisted_since.is_not(None))
    return {row.id: row.unlisted_since for row in session.execute(query)}


def _addresses(session: Session) -> list[str]:
    active = session.scalars(select(StaffMember).where(StaffMember.deactivated_at.is_(None))).all()
    known = (or_none(lambda member=member: member.email) for member in active)  # type: ignore[misc]
    return [address for address in known if address is not None]


def _lock_of(tenant: TenantRef) -> int:
    return tenant.id.int & (2**63 - 1)
