"""Whom a survey is left to. The one who made it, until it is handed on."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveys.models import Survey
from surveys.wording import N_
from tenants import audit, staff
from tenants.owned import Owned
from tenants.permissions import Actor


def set_owner(session: Session, survey: Survey, owner_id: UUID, *, by: Actor) -> None:
    """Leaves the survey to an active member of staff. Raises NotFound for anybody else."""
    heir = staff.get(session, owner_id)
    if survey.owner_id == heir.id:
        return
    survey.owner_id = heir.id
    audit.record(session, "survey.owner_changed", by=by, subject=survey.id, owner=heir.id)


def _count(session: Session, member_id: UUID) -> int:
    return session.scalar(select(func.count()).where(Survey.owner_id == member_id)) or 0


def _hand_over(session: Session, leaving: UUID, heir: UUID) -> int:
    handed = session.scalars(
        update(Survey).where(Survey.owner_id == leaving).values(owner_id=heir).returning(Survey.id)
    )
    return len(handed.all())


SURVEYS = Owned("surveys", N_("Surveys"), _count, _hand_over)
