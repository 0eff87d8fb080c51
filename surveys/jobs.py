"""Long work on surveys, and what brings it about."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import long_jobs
from infra.db import TenantRef
from infra.events import RecordedEvent
from infra.jobs import job
from infra.long_jobs import LongJob, Progress
from infra.services import Services
from surveys import rollups
from surveys.models import Survey
from tenants import branding


@job(queue="bulk", scope="services", timeout=1800)
def recount(services: Services, tenant: TenantRef, long_job: str) -> None:
    """Counts one survey's figures anew, by the days of the workspace's zone. Safe to repeat: the last one wins."""
    progress = Progress(services, tenant, UUID(long_job))
    if not progress.claim():
        return
    with services.db.tenant_session(tenant) as session:
        survey_id = session.scalar(select(LongJob.subject_id).where(LongJob.id == UUID(long_job)))
        survey = session.get(Survey, survey_id) if survey_id else None
        if survey is not None:
            rollups.rebuild(session, survey, zone=branding.get_settings(session).zone)
    progress.advance(1)
    progress.finish()


def on_zone_changed(session: Session, events: Sequence[RecordedEvent]) -> None:
    """Each survey that counts by another zone than the workspace's gets its figures counted anew."""
    zone = branding.get_settings(session).zone
    for survey_id in session.scalars(select(Survey.id).where(Survey.zone != zone).order_by(Survey.id)):
        long_jobs.begin(session, recount, subject=survey_id, total=1)
