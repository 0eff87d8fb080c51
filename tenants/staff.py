"""Staff of a tenant: adding, finding, listing, their roles and their passwords.

Whoever takes rights away waits for what the member is just doing, and what the member does next finds the rights
gone: a request that writes shares the member's lock (`share`), a change of rights holds it alone (`hold`).
"""

from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from infra.crypto.columns import blind_equal, or_none
from infra.errors import Forbidden, Invalid, NotFound
from infra.i18n import N_
from infra.ids import new_id
from infra.mail import outbox
from tenants import audit, passwords, sessions, staff_index
from tenants.models import StaffMember, StaffSession
from tenants.permissions import OWNER, ROLES, SYSTEM, Actor, may_give

PASSWORD_MAIL = "staff.password_changed"

ROLE_UNKNOWN = N_("Choose one of the roles in the list.")
ROLE_TOO_STRONG = N_("You cannot give a role that is stronger than your own.")
ROLE_OF_OWNER = N_("The owner hands the workspace over under “Ownership”; the role itself is not given.")
OWNER_STAYS = N_("The owner's role changes only when the workspace is handed over.")


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
    staff_index.mark(session, member)
    if by.id != member.id:  # who comes by an invitation is written down as one who accepted it
        audit.record(session, "staff.added", by=by, subject=member.id, role=role)
    return member


def get(session: Session, member_id: UUID) -> StaffMember:
    """An active member. Raises NotFound."""
    member = session.get(StaffMember, member_id)
    if member is None or member.deactivated_at is not None:
        raise NotFound()
    return member


def find(session: Session, member_id: UUID | None) -> StaffMember | None:
    """Whoever has this id, also somebody who left; None for nobody."""
    return session.get(StaffMember, member_id) if member_id is not None else None


def name_of(session: Session, member_id: UUID | None) -> str | None:
    """The name for history, also of somebody who left; None for who was erased or never here."""
    member = find(session, member_id)
    return or_none(lambda: member.name) if member is not None else None


def list_active(session: Session) -> list[StaffMember]:
    """Everybody who works here, in the order they came. A workspace's staff is one page."""
    query = select(StaffMember).where(StaffMember.deactivated_at.is_(None)).order_by(StaffMember.id)
    return list(session.scalars(query))


def owner_of(session: Session) -> StaffMember | None:
    """The owner; None in a workspace that an operator made and nobody owns yet."""
    query = select(StaffMember).where(StaffMember.role == OWNER, StaffMember.deactivated_at.is_(None))
    return session.scalars(query).one_or_none()


def find_by_email(session: Session, email: str) -> StaffMember | None:
    """The active member with this address, in whatever spelling."""
    query = select(StaffMember).where(
        blind_equal(StaffMember.email_index, email), StaffMember.deactivated_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def set_password(
    session: Session, member: StaffMember, password: str, *, by: Actor, besides: UUID | None = None
) -> None:
    """Sets a new password, ends every session of the member but `besides`, and tells them by mail."""
    member.password_hash = passwords.hashed(password)
    sessions.end_all(session, member, by=by, besides=besides)
    audit.record(session, "staff.password_changed", by=by, subject=member.id)
    outbox.send(session, PASSWORD_MAIL, ref=member.id, key=f"password:{new_id().hex}", locale=member.locale or "en")


def require_power(session: Session, by: Actor, *, over: StaffMember) -> None:
    """Raises Forbidden when `by` may not take the role away that `over` has; nobody may take the owner's."""
    if over.role == OWNER:
        raise Forbidden(OWNER_STAYS)
    if by.kind != "system" and not may_give(role_of(session, by), over.role):
        raise Forbidden()


def check_role(session: Session, by: Actor, role: str) -> None:
    """Raises Invalid beside the field when `by` cannot give the role."""
    if role not in ROLES:
        raise Invalid(problems={"role": [ROLE_UNKNOWN]})
    if role == OWNER:
        raise Invalid(problems={"role": [ROLE_OF_OWNER]})
    if by.kind != "system" and not may_give(role_of(session, by), role):
        raise Invalid(problems={"role": [ROLE_TOO_STRONG]})


def role_of(session: Session, by: Actor) -> str:
    """The role of the one who acts; empty for whoever is no member of staff."""
    member = find(session, by.id) if by.kind == "staff" else None
    return member.role if member is not None and member.deactivated_at is None else ""


def share(session: Session, member: StaffMember) -> None:
    """From now to the end of the transaction nobody takes rights from the member; then it is read anew."""
    session.flush()  # reading anew would forget what is not stored yet
    session.execute(select(func.pg_advisory_xact_lock_shared(_lock_of(member.id))))
    session.refresh(member)


def share_again(connection: Connection, member_id: UUID, session_id: UUID) -> str | None:
    """As `share`, at the beginning of a later transaction of the same request; the member's role at this moment.

    None when they left or their session has ended.
    """
    connection.execute(select(func.pg_advisory_xact_lock_shared(_lock_of(member_id))))
    standing = (
        select(StaffMember.role)
        .join(StaffSession, StaffSession.staff_id == StaffMember.id)
        .where(
            StaffMember.id == member_id,
            StaffMember.deactivated_at.is_(None),
            StaffSession.id == session_id,
            StaffSession.ended_at.is_(None),
        )
    )
    return connection.scalar(standing)


def hold(session: Session, *members: StaffMember) -> None:
    """Waits until nobody acts as one of the members, then reads them anew. Raises NotFound for who left.

    In the order of ids, so that two who hold the same ones do not wait for each other for ever.
    """
    session.flush()
    for member in sorted(members, key=lambda each: each.id):
        session.execute(select(func.pg_advisory_xact_lock(_lock_of(member.id))))
        session.refresh(member)
        if member.deactivated_at is not None:
            raise NotFound()


def _lock_of(member_id: UUID) -> int:
    return member_id.int & (2**63 - 1)
