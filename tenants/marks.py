"""Marks on things: looked at, put away. Setting one twice is setting it once."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra.clock import now
from tenants.models import Mark

STEPS_PUT_AWAY = "first_steps.put_away"
"""On a member of staff: Home shows them no first steps."""
ANSWER_SEEN = "answer.seen"
"""On a response: somebody of the staff has looked at it."""


def put(session: Session, name: str, subjects: Sequence[UUID], *, by: UUID | None) -> None:
    """Marks the things; who was first stays."""
    if not subjects:
        return
    moment = now()
    rows = [{"name": name, "subject_id": subject, "by": by, "at": moment} for subject in subjects]
    session.execute(insert(Mark).values(rows).on_conflict_do_nothing())


def remove(session: Session, name: str, subject: UUID) -> None:
    """Takes the mark off; does nothing where there is none."""
    session.execute(delete(Mark).where(Mark.name == name, Mark.subject_id == subject))


def is_on(session: Session, name: str, subject: UUID) -> bool:
    """Whether the thing has the mark."""
    return session.scalar(select(Mark.name).where(Mark.name == name, Mark.subject_id == subject)) is not None
