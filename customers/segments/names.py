"""What segments are called, for records that hold their ids only."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.models.segments import Segment


def segment_names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Names by id."""
    query = select(Segment.id, Segment.name).where(Segment.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)}
