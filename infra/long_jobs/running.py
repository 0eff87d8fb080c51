"""The job that does long work of any kind, and what becomes of work whose worker died."""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef
from infra.errors import RapportError
from infra.jobs.declared import TEMPORARY, spec_of
from infra.jobs.declared import job as declare_job
from infra.jobs.sending import enqueue
from infra.long_jobs.kinds import Kind, long_job_kind
from infra.long_jobs.models import LongJob
from infra.long_jobs.work import Cancelled, GaveUp, Interrupted, NotAllowed, Overtaken, Work
from infra.services import Services

log = logging.getLogger(__name__)

STALE_AFTER = timedelta(minutes=2)
"""How long without a heartbeat until the work counts as abandoned."""
MOST_ATTEMPTS = 5
"""After so many workers were lost on it, or met a part that was away, it has failed."""
LONGEST = 6 * 3600
"""Seconds that one attempt may take."""
AGAIN_AFTER = 15
"""Seconds until work is taken up again whose worker was told to end: its colleagues may be ending too."""

MayStill = Callable[[Session, UUID, str], bool]
"""Whether the one with this id may (still) do what the permission says."""


def _anybody(session: Session, starter: UUID, permission: str) -> bool:
    return True


_may_still: MayStill = _anybody


def configure(may_still: MayStill) -> None:
    """Called once by the worker's composition root."""
    global _may_still
    _may_still = may_still


@declare_job(queue="bulk", scope="services", timeout=LONGEST)
def run(services: Services, tenant: TenantRef, long_job: str) -> None:
    """Does one piece of long work from its start to its end. Does nothing when it has ended or is being done."""
    work, kind = claim(services, tenant, UUID(long_job))
    if work is None:
        return
    try:
        _perform(work, kind)
    except Overtaken:
        work.forget_files()
        log.info("long work went on elsewhere", extra={"long_job": long_job})
    except Cancelled:
        work.end("cancelled")
    except Interrupted:
        work.let_go()
        services.queues.send(spec_of(run), tenant.id, {"long_job": long_job}, delay=AGAIN_AFTER)
    except TEMPORARY as problem:
        if work.attempt >= MOST_ATTEMPTS:
            work.end("failed", reason=_code(problem))
        else:
            work.let_go()
        raise
    except Exception as problem:
        work.end("failed", reason=_code(problem))
        raise


def claim(services: Services, tenant: TenantRef, job_id: UUID) -> tuple[Work | None, Kind | None]:
    """Takes the work; None when it has ended or another worker is at it."""
    with services.db.tenant_session(tenant) as session:
        moment = clock.now()
        row = session.scalars(
            update(LongJob)
            .where(LongJob.id == job_id, or_(LongJob.state == "waiting", _abandoned()))
            .values(state="running", heartbeat_at=moment, started_at=moment, done=0, attempts=LongJob.attempts + 1)
            .returning(LongJob)
        ).one_or_none()
        if row is None:
            return None, None
        return Work(services, tenant, row), long_job_kind(row.kind or "")


def _perform(work: Work, kind: Kind | None) -> None:
    if kind is None:
        raise LookupError("this version of the product does not know this kind of long work")
    if work.attempt > MOST_ATTEMPTS:
        raise GaveUp()
    with work.session() as session:
        row = session.get_one(LongJob, work.id)
        if row.cancel_asked_at is not None:
            raise Cancelled()
        if row.created_by is not None and not _may_still(session, row.created_by, kind.permission):
            raise NotAllowed()
    kind.work(work)
    if not work.end("done"):
        raise Overtaken()


def has_stale(session: Session) -> bool:
    """Whether some work was abandoned, for the sweeper."""
    return session.scalar(select(LongJob.id).where(_forgotten()).limit(1)) is not None


@declare_job(queue="bulk")
def resume_stale(session: Session) -> None:
    """Sends the jobs of abandoned work again, each once in STALE_AFTER."""
    found = session.execute(
        update(LongJob)
        .where(_forgotten())
        .values(state="waiting", heartbeat_at=clock.now())
        .returning(LongJob.id, LongJob.job)
    )
    for row in found.all():
        enqueue(session, spec_of(row.job).function, long_job=row.id)


def _abandoned() -> ColumnElement[bool]:
    return and_(LongJob.state == "running", LongJob.heartbeat_at < clock.now() - STALE_AFTER)


def _forgotten() -> ColumnElement[bool]:
    """Running without a heartbeat, or waiting for a job that was lost."""
    sent = func.coalesce(LongJob.heartbeat_at, LongJob.created_at)
    return and_(LongJob.state.in_(("waiting", "running")), sent < clock.now() - STALE_AFTER)


def _code(problem: BaseException) -> str:
    return problem.code if isinstance(problem, RapportError) else "crashed"
