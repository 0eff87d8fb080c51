"""Beginning, advancing and ending long work."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef
from infra.errors import NotFound, RapportError
from infra.jobs.declared import job as declare_job
from infra.jobs.declared import spec_of
from infra.jobs.sending import enqueue
from infra.long_jobs.models import LongJob
from infra.services import Services

STALE_AFTER = timedelta(minutes=2)
"""How long without a heartbeat until the work counts as abandoned."""


class Cancelled(RapportError):
    """Somebody asked for the work to stop."""

    code = "cancelled"
    message = "This was cancelled."


def begin(
    session: Session,
    job: Callable[..., Any],
    *,
    subject: UUID | None = None,
    total: int | None = None,
    by: UUID | None = None,
) -> LongJob:
    """Records the work and sends its job after the commit. `total` counts in the unit the job advances in."""
    work = LongJob(job=spec_of(job).name, subject_id=subject, total=total, created_by=by)
    session.add(work)
    session.flush()
    enqueue(session, job, long_job=work.id)
    return work


def get_long_job(session: Session, job_id: UUID) -> LongJob:
    """Raises NotFound."""
    work = session.get(LongJob, job_id)
    if work is None:
        raise NotFound()
    return work


def cancel(session: Session, job_id: UUID) -> LongJob:
    """Asks for the work to stop at its next step; what has not begun is cancelled at once. Safe to repeat."""
    work = session.get(LongJob, job_id, with_for_update=True)
    if work is None:
        raise NotFound()
    if work.state == "waiting":
        work.state, work.ended_at = "cancelled", clock.now()
    elif work.state == "running" and work.cancel_asked_at is None:
        work.cancel_asked_at = clock.now()
    return work


class Progress:
    """The worker's side of one piece of long work. Each call is a short transaction of its own."""

    def __init__(self, services: Services, tenant: TenantRef, long_job: UUID) -> None:
        self._db = services.db
        self._tenant = tenant
        self._id = long_job

    def claim(self) -> bool:
        """Takes the work; False when it has ended or another worker is at it."""
        with self._db.tenant_session(self._tenant) as session:
            taken = session.execute(
                update(LongJob)
                .where(LongJob.id == self._id, or_(LongJob.state == "waiting", _abandoned()))
                .values(state="running", heartbeat_at=clock.now(), attempts=LongJob.attempts + 1)
                .returning(LongJob.id)
            ).one_or_none()
        return taken is not None

    def advance(self, done: int, total: int | None = None) -> None:
        """Notes how far the work is. Raises Cancelled, after noting it, when somebody asked for the end."""
        values: dict[str, Any] = {"done": done, "heartbeat_at": clock.now()}
        if total is not None:
            values["total"] = total
        with self._db.tenant_session(self._tenant) as session:
            asked = session.execute(
                update(LongJob)
                .where(LongJob.id == self._id, LongJob.state == "running")
                .values(**values)
                .returning(LongJob.cancel_asked_at)
            ).scalar_one_or_none()
        if asked is not None:
            self._end("cancelled")
            raise Cancelled()

    def finish(self, result_key: str | None = None) -> None:
        """The work is done; its result, if any, lies in storage under this key."""
        self._end("done", result_key=result_key)

    def fail(self, reason: str) -> None:
        """The work failed for good. `reason` is a code or a sentence without personal data."""
        self._end("failed", reason=reason)

    def _end(self, state: str, **values: object) -> None:
        with self._db.tenant_session(self._tenant) as session:
            session.execute(
                update(LongJob)
                .where(LongJob.id == self._id, LongJob.state == "running")
                .values(state=state, ended_at=clock.now(), **values)
            )


def has_stale(session: Session) -> bool:
    """Whether some work was abandoned, for the sweeper."""
    return session.scalar(select(LongJob.id).where(_forgotten()).limit(1)) is not None


@declare_job(queue="bulk")
def resume_stale(session: Session) -> None:
    """Sends the jobs of abandoned work again."""
    for row in session.execute(select(LongJob.id, LongJob.job).where(_forgotten())):
        enqueue(session, spec_of(row.job).function, long_job=row.id)


def _abandoned() -> ColumnElement[bool]:
    return and_(LongJob.state == "running", LongJob.heartbeat_at < clock.now() - STALE_AFTER)


def _forgotten() -> ColumnElement[bool]:
    never_sent = and_(LongJob.state == "waiting", LongJob.created_at < clock.now() - STALE_AFTER)
    return or_(never_sent, _abandoned())
