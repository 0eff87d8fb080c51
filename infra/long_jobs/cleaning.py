"""Files of long work go after a week, its rows after three months."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef
from infra.jobs.declared import job
from infra.long_jobs.models import UNFINISHED, LongJob
from infra.services import Services
from infra.storage import StorageKey

ROWS_KEPT = timedelta(days=90)
BATCH = 100


def has_old(session: Session) -> bool:
    """Whether something is past its time, for the sweeper."""
    return session.scalar(select(LongJob.id).where(or_(_files_are_due(), _row_is_due())).limit(1)) is not None


@job(queue="bulk", scope="services")
def clean_up(services: Services, tenant: TenantRef) -> None:
    """Deletes files whose time is over, then forgets where they were, then old rows. Safe to repeat."""
    with services.db.tenant_session(tenant) as session:
        due = session.execute(
            select(LongJob.id, LongJob.result_key, LongJob.errors_key).where(_files_are_due()).limit(BATCH)
        ).all()
    for row in due:
        for key in (row.result_key, row.errors_key):
            if key is not None:
                services.storage.delete(StorageKey(key))
    with services.db.tenant_session(tenant) as session:
        gone = [row.id for row in due]
        session.execute(
            update(LongJob).where(LongJob.id.in_(gone)).values(result_key=None, errors_key=None, keep_until=None)
        )
        session.execute(delete(LongJob).where(_row_is_due()))


def _files_are_due() -> ColumnElement[bool]:
    return LongJob.keep_until < clock.now()


def _row_is_due() -> ColumnElement[bool]:
    ended = and_(LongJob.state.not_in(UNFINISHED), LongJob.keep_until.is_(None))
    return and_(ended, LongJob.ended_at < clock.now() - ROWS_KEPT)
