"""Staff of a tenant: adding, finding, and their passwords."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.crypto.columns import blind_equal
from infra.errors import NotFound
from infra.ids import new_id
from tenants import audit, passwords, sessions
from tenants.models import StaffMember
from tenants.permissions import SYSTEM, Actor


def add(
    session: Session,
    *,
    name: str,
    email: str,
    role: str,
    password_hash: str | None = None,
    locale: str | None = None,
    member_id: UUID | None = None,
    by: Actor = SYSTEM,
) -> StaffMember:
    """Adds a staff member. With `member_id` of one who is there, returns them.

    An address that is taken raises IntegrityError on `uq_staff_members_email_index`.
    """
    chosen = member_id or new_id()
    present = session.get(StaffMember, chosen)
    if present is not None:
        return present
    member = StaffMember(
        id=chosen, name=name, email=email.strip(), role=role, password_hash=password_hash, locale=locale
    )
    session.add(member)
    session.flush()
    audit.record(session, "staff.added", by=by, subject=member.id, role=role)
    return member


def get(session: Session, member_id: UUID) -> StaffMember:
    """An active member. Raises NotFound."""
    member = session.get(StaffMember, member_id)
    if member is None or member.deactivated_at is not None:
        raise NotFound()
    return member


def find_by_email(session: Session, email: str) -> StaffMember | None:
    """The active member with this address, in whatever spelling."""
    query = select(StaffMember).where(
        blind_equal(StaffMember.email_index, email), StaffMember.deactivated_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def set_password(session: Session, member: StaffMember, password: str, *, by: Actor) -> None:
    """Sets a new password and ends every session of the member."""
    member.password_hash = passwords.hashed(password)
    sessions.end_all(session, member, by=by)
    audit.record(session, "staff.password_changed", by=by, subject=member.id)
