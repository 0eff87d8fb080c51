"""Staff of a tenant: adding, finding, their sessions in browsers, and their passwords."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from infra.clock import now
from infra.crypto.columns import blind_equal
from infra.errors import NotFound
from infra.ids import new_id, new_token, token_hash
from tenants import audit, passwords
from tenants.models import StaffMember, StaffSession
from tenants.permissions import SYSTEM, Actor

STAYS = timedelta(days=14)
"""How long a session lives without being used."""
SEEN_EVERY = timedelta(minutes=10)
"""How exactly we know when a session was last used; a write on each request would be dear."""


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


def start_session(session: Session, member: StaffMember) -> str:
    """Signs a browser in and returns the token for its cookie."""
    token = new_token()
    session.add(StaffSession(staff_id=member.id, token_hash=token_hash(token), expires_at=now() + STAYS))
    audit.record(session, "staff.signed_in", by=Actor("staff", member.id), subject=member.id)
    return token


def find_by_session(session: Session, token: str) -> StaffMember | None:
    """The active member whose living session has this token; keeps the session alive."""
    moment = now()
    row = session.execute(
        select(StaffMember, StaffSession)
        .join(StaffSession, StaffSession.staff_id == StaffMember.id)
        .where(
            StaffSession.token_hash == token_hash(token),
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > moment,
            StaffMember.deactivated_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    member, living = row
    if moment - living.last_seen_at > SEEN_EVERY:
        living.last_seen_at, living.expires_at = moment, moment + STAYS
    return member


def end_session(session: Session, token: str) -> None:
    """Signs the browser out. Ending what has ended does nothing."""
    living = session.scalars(
        select(StaffSession).where(StaffSession.token_hash == token_hash(token), StaffSession.ended_at.is_(None))
    ).one_or_none()
    if living is not None:
        living.ended_at = now()
        audit.record(session, "staff.signed_out", by=Actor("staff", living.staff_id), subject=living.staff_id)


def set_password(session: Session, member: StaffMember, password: str, *, by: Actor) -> None:
    """Sets a new password and ends every session of the member."""
    member.password_hash = passwords.hashed(password)
    session.execute(
        update(StaffSession)
        .where(StaffSession.staff_id == member.id, StaffSession.ended_at.is_(None))
        .values(ended_at=now())
    )
    audit.record(session, "staff.password_changed", by=by, subject=member.id)
