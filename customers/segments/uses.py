"""What goes by a segment: asked before it is deleted. Domains add a line each, composed in `web/registries.py`."""

from collections.abc import Callable, Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.models import SavedView
from customers.models.segments import Segment
from customers.segments import rules

Use = Callable[[Session, UUID], Iterable[str]]
"""Gives the names of what goes by a segment."""

_uses: list[Use] = []


def configure(*uses: Use) -> None:
    """Says where to ask."""
    _uses[:] = uses


def used_by(session: Session, segment: Segment) -> list[str]:
    """The names of everything that would miss the segment."""
    return [name for use in _uses for name in use(session, segment.id)]


def other_segments(session: Session, segment_id: UUID) -> list[str]:
    """Segments whose rules ask for it, archived ones too: they can be brought back."""
    query = select(Segment).where(Segment.id != segment_id).order_by(Segment.name)
    return [each.name for each in session.scalars(query) if segment_id in rules.segments_of(rules.load(each.rule))]


def saved_views(session: Session, segment_id: UUID) -> list[str]:
    """Shared views of the list that are narrowed to it. Somebody's own ones are nobody else's business."""
    narrowed = SavedView.query["segment"].astext == str(segment_id)
    return list(session.scalars(select(SavedView.name).where(narrowed, SavedView.shared).order_by(SavedView.name)))


USES: tuple[Use, ...] = (other_segments, saved_views)
