"""Whom open tasks go to when their owner leaves."""

from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from customers.models.tasks import OPEN, Task
from infra.i18n import N_
from tenants.owned import Owned


def _count(session: Session, member_id: UUID) -> int:
    query = select(func.count()).select_from(Task).where(Task.owner_id == member_id, text(OPEN))
    return session.scalar(query) or 0


def _hand_over(session: Session, leaving: UUID, heir: UUID) -> int:
    """The heir is told again of what is due, since they have not been."""
    handed = session.scalars(
        update(Task)
        .where(Task.owner_id == leaving, text(OPEN))
        .values(owner_id=heir, reminded_at=None)
        .returning(Task.id)
    )
    return len(handed.all())


TASKS = Owned("tasks", N_("Open tasks"), _count, _hand_over)
