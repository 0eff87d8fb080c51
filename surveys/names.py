"""What surveys are called, for records that hold their ids only."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.models import Survey


def survey_names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Names by id; deleted surveys are left out."""
    return {row.id: row.name for row in session.execute(select(Survey.id, Survey.name).where(Survey.id.in_(ids)))}
