"""Work on surveys that nobody sees yet: drafts that were never published, and changes to live ones."""

from uuid import UUID

from sqlalchemy import Select, func, select

from surveys.models import Survey, SurveyVersion


def count_drafts(owner_id: UUID | None) -> Select[int]:
    """How many surveys of this owner were never published."""
    return select(func.count(Survey.id)).where(
        Survey.owner_id == owner_id,
        Survey.archived_at.is_(None),
        Survey.live_version_id.is_(None),
        Survey.withdrawn_at.is_(None),
    )


def count_changed(owner_id: UUID | None) -> Select[int]:
    """How many live surveys of this owner have a draft that says something else than what customers see."""
    live = Survey.live_version_id == SurveyVersion.id
    changed = select(func.count(Survey.id)).join(SurveyVersion, live)
    return changed.where(
        Survey.owner_id == owner_id, Survey.archived_at.is_(None), SurveyVersion.document != Survey.draft
    )
