"""Long work as people look at it: a page of it, and what is new."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from infra import clock
from infra.long_jobs.models import UNFINISHED, LongJob

NEWS_FOR = timedelta(days=2)
"""How long an end that nobody has seen stays under the bell; `tenants.arrival` asks each page for it in SQL."""


def list_long_jobs(session: Session, *, by: UUID | None, after: UUID | None, limit: int) -> Sequence[LongJob]:
    """Newest first; with `by` only theirs. One row more than `limit` when there are more."""
    query = select(LongJob).order_by(LongJob.id.desc()).limit(limit + 1)
    if by is not None:
        query = query.where(LongJob.created_by == by)
    if after is not None:
        query = query.where(LongJob.id < after)
    return session.scalars(query).all()


def count_long_jobs(session: Session, *, by: UUID | None) -> int:
    """How many there are; rows go three months after they ended."""
    query = select(func.count(LongJob.id))
    return session.scalar(query if by is None else query.where(LongJob.created_by == by)) or 0


def list_news(session: Session, by: UUID | None, limit: int = 6) -> Sequence[LongJob]:
    """What somebody has under way, and what has ended without their having seen it; newest first."""
    query = select(LongJob).where(LongJob.created_by == by, _is_news()).order_by(LongJob.id.desc())
    return session.scalars(query.limit(limit)).all()


def failed_unseen(by: UUID | None) -> Select[int]:
    """How much of somebody's work has failed without their having seen it."""
    unseen = and_(LongJob.state == "failed", LongJob.seen_at.is_(None))
    return select(func.count(LongJob.id)).where(LongJob.created_by == by, unseen)


def see(work: LongJob, *, by: UUID | None) -> None:
    """Notes that whoever asked for it has seen the end."""
    if work.created_by == by and not work.is_unfinished and work.seen_at is None:
        work.seen_at = clock.now()


def seconds_left(work: LongJob) -> float | None:
    """How long it will take, by the speed of the present attempt so far; None while nobody can tell."""
    if work.state != "running" or work.started_at is None or not work.total or work.done <= 0:
        return None
    took = ((work.heartbeat_at or clock.now()) - work.started_at).total_seconds()
    return max(0.0, took / work.done * (work.total - work.done)) if took > 0 else None


def _is_news() -> ColumnElement[bool]:
    ended = and_(LongJob.seen_at.is_(None), LongJob.ended_at >= clock.now() - NEWS_FOR)
    return or_(LongJob.state.in_(UNFINISHED), ended)
