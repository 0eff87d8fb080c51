"""The workspace moves to another zone: its surveys' days follow."""

from datetime import UTC, date, datetime

from sqlalchemy import select

import worker
from infra import long_jobs
from infra.db import TenantRef
from infra.events.dispatch import drain
from infra.long_jobs import LongJob
from infra.services import Services
from surveys import history, publishing, rollups, surveys
from surveys.intake import Target
from surveys.models import ResponseRollup, Survey
from tenants import branding
from tenants.permissions import SYSTEM
from tests.surveys.making import everything, submission


def days(services: Services, tenant: TenantRef) -> list[date]:
    with services.db.tenant_session(tenant) as session:
        query = select(ResponseRollup.day).where(ResponseRollup.question_id == "").distinct()
        return list(session.scalars(query))


def test_a_survey_follows_its_workspace_into_another_zone(services: Services, own_tenant: TenantRef) -> None:
    late_in_berlin = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    with services.db.tenant_session(own_tenant) as session:
        survey = surveys.create_from_document(session, "How was it?", everything(), zone="UTC")
        publishing.publish(session, survey)
        live = publishing.find_live(session, survey.address)
        assert live is not None
        history.record_many(session, Target.of(live), [submission(at=late_in_berlin)])
    assert days(services, own_tenant) == [date(2026, 3, 1)]

    with services.db.tenant_session(own_tenant) as session:
        branding.set_zone(session, zone="Europe/Berlin", by=SYSTEM)
        branding.set_zone(session, zone="Europe/Berlin", by=SYSTEM)
    drain(services.db, own_tenant, worker.REACTIONS)
    with services.db.tenant_session(own_tenant) as session:
        waiting = session.scalars(select(LongJob)).all()
        assert [(job.state, job.subject_id) for job in waiting] == [("waiting", survey.id)]
    for _ in range(2):
        long_jobs.run(services, own_tenant, long_job=str(waiting[0].id))
    assert days(services, own_tenant) == [date(2026, 3, 2)]
    with services.db.tenant_session(own_tenant) as session:
        moved = session.get_one(Survey, survey.id)
        assert moved.zone == "Europe/Berlin"
        assert rollups.verify(session, moved) == []
        assert session.scalars(select(LongJob.state)).all() == ["done"]
