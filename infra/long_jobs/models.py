"""Long jobs: work a person waits for, with progress that can be left and found again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal
from infra.ids import new_id


class LongJob(TenantBase):
    """One piece of long work. Progress counts `done` of `total` in the unit the kind names."""

    __tablename__ = "long_jobs"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="state"),
        CheckConstraint("done >= 0 AND (total IS NULL OR total >= 0)", name="counts"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    job: Mapped[str] = mapped_column(info=not_personal)
    """The declared job that does the work; called as `job(services, tenant, long_job=id)`."""
    subject_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    state: Mapped[str] = mapped_column(default="waiting", info=not_personal)
    done: Mapped[int] = mapped_column(default=0, info=not_personal)
    total: Mapped[int | None] = mapped_column(info=not_personal)
    result_key: Mapped[str | None] = mapped_column(info=not_personal)
    """Where the result lies in storage."""
    reason: Mapped[str | None] = mapped_column(info=not_personal)
    attempts: Mapped[int] = mapped_column(default=0, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    heartbeat_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    cancel_asked_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    ended_at: Mapped[datetime | None] = mapped_column(info=not_personal)
