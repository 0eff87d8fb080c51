"""Whom segments are left to when their owner leaves."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from customers.models.segments import Segment
from infra.i18n import N_
from tenants.owned import Owned


def _count(session: Session, member_id: UUID) -> int:
    return session.scalar(select(func.count()).where(Segment.owner_id == member_id)) or 0


def _hand_over(session: Session, leaving: UUID, heir: UUID) -> int:
    handed = session.scalars(
        update(Segment).where(Segment.owner_id == leaving).values(owner_id=heir).returning(Segment.id)
    )
    return len(handed.all())


SEGMENTS = Owned("segments", N_("Segments of customers"), _count, _hand_over)
