"""Who works here, as the page of people shows it: when they were last seen, whether they have a second factor.

Names and addresses are encrypted, so a search decrypts and looks; a workspace's staff is some hundred at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.crypto.columns import or_none
from tenants.models import SecondFactor, StaffMember, StaffSession
from tenants.permissions import ROLES


@dataclass(frozen=True, slots=True)
class Colleague:
    """One line of the list. Name and address are None for somebody who was erased."""

    id: UUID
    name: str | None
    email: str | None
    role: str
    created_at: datetime
    left_at: datetime | None
    last_seen: datetime | None
    second_factor: bool


def list_colleagues(session: Session, *, search: str = "", former: bool = False) -> Sequence[Colleague]:
    """Who works here, the owner first, then by name; or who did, the last to go first. `search` looks into both."""
    left = StaffMember.deactivated_at.is_not(None) if former else StaffMember.deactivated_at.is_(None)
    members = session.scalars(select(StaffMember).where(left)).all()
    ids = [member.id for member in members]
    seen, secured = _last_seen(session, ids), _secured(session, ids)
    found = [_line(member, seen.get(member.id), member.id in secured) for member in members]
    words = search.casefold().split()
    fitting = [each for each in found if all(word in _text(each) for word in words)]
    if former:
        return sorted(fitting, key=lambda each: each.left_at or each.created_at, reverse=True)
    return sorted(fitting, key=lambda each: (each.role != ROLES[0], (each.name or "").casefold(), each.id))


def see(session: Session, member: StaffMember) -> Colleague:
    """One of them."""
    seen = _last_seen(session, [member.id]).get(member.id)
    return _line(member, seen, member.id in _secured(session, [member.id]))


def _line(member: StaffMember, seen: datetime | None, secured: bool) -> Colleague:
    return Colleague(
        id=member.id,
        name=or_none(lambda: member.name),
        email=or_none(lambda: member.email),
        role=member.role,
        created_at=member.created_at,
        left_at=member.deactivated_at,
        last_seen=seen,
        second_factor=secured,
    )


def _text(colleague: Colleague) -> str:
    return f"{colleague.name or ''} {colleague.email or ''}".casefold()


def _last_seen(session: Session, ids: Sequence[UUID]) -> dict[UUID, datetime]:
    query = (
        select(StaffSession.staff_id, func.max(StaffSession.last_seen_at).label("at"))
        .where(StaffSession.staff_id.in_(ids))
        .group_by(StaffSession.staff_id)
    )
    return {row.staff_id: row.at for row in session.execute(query)}


def _secured(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    query = select(SecondFactor.staff_id).where(
        SecondFactor.staff_id.in_(ids), SecondFactor.confirmed_at.is_not(None)
    )
    return set(session.scalars(query))
