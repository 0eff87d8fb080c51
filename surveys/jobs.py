"""Long work on surveys, and what brings it about."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import long_jobs, sheets
from infra.events import RecordedEvent
from infra.i18n import N_
from infra.long_jobs import Work
from surveys import exports, rollups
from surveys.models import Survey
from tenants import branding
from tenants.permissions import SYSTEM


@long_jobs.kind(
    "surveys.recount", title=N_("Figures counted by the days of another zone"), permission="settings.edit"
)
def recount(work: Work) -> None:
    """Counts one survey's figures anew, by the days of the workspace's zone. Safe to repeat: the last one wins."""
    with work.session() as session:
        survey = session.get(Survey, work.subject)
        if survey is not None:
            rollups.rebuild(session, survey, zone=branding.get_settings(session).zone)
    work.advance(1, 1)


@long_jobs.kind(
    "surveys.answers_csv", title=N_("Answers of a survey"), permission="responses.export", unit=N_("answers")
)
def answers_csv(work: Work) -> None:
    """All finished answers of a survey as a file."""
    work.store(exports.export(work), content_type=sheets.TYPES[exports.form_of(work)])


def on_zone_changed(session: Session, events: Sequence[RecordedEvent]) -> None:
    """Each survey that counts by another zone than the workspace's gets its figures counted anew."""
    zone = branding.get_settings(session).zone
    for survey_id in session.scalars(select(Survey.id).where(Survey.zone != zone).order_by(Survey.id)):
        long_jobs.start(session, recount, by=SYSTEM, subject=survey_id, total=1)
