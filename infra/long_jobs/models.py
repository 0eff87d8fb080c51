"""Long jobs: work a person waits for, with progress that can be left and found again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id

UNFINISHED = ("waiting", "running")


class LongJob(TenantBase):
    """One piece of long work. Progress counts `done` of `total` in the unit the kind names.

    A table is small: rows go a while after they ended. So it needs no index but the one that keeps keys unique.
    """

    __tablename__ = "long_jobs"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="state"),
        CheckConstraint("done >= 0 AND (total IS NULL OR total >= 0)", name="counts"),
        Index("uq_long_jobs_key", "key", unique=True, postgresql_where=text("key IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    job: Mapped[str] = mapped_column(info=not_personal)
    """The declared job that does the work; called as `job(services, tenant, long_job=id)`."""
    kind: Mapped[str | None] = mapped_column(info=not_personal)
    """Which kind of long work (`infra.long_jobs.kinds`)."""
    key: Mapped[str | None] = mapped_column(info=not_personal)
    """Asking again with the same key finds this row; it holds the kind and who asked."""
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}", info=personal("technical"))
    """Ids, codes and numbers that the work needs."""
    subject_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    state: Mapped[str] = mapped_column(default="waiting", info=not_personal)
    done: Mapped[int] = mapped_column(default=0, info=not_personal)
    total: Mapped[int | None] = mapped_column(info=not_personal)
    filename: Mapped[str | None] = mapped_column(info=not_personal)
    """What the result is called when it is taken home; made from codes, never from personal data."""
    result_key: Mapped[str | None] = mapped_column(info=not_personal)
    """Where the result lies in storage; None when there is none, or none any more."""
    result_type: Mapped[str | None] = mapped_column(info=not_personal)
    result_bytes: Mapped[int | None] = mapped_column(BigInteger, info=not_personal)
    errors_key: Mapped[str | None] = mapped_column(info=not_personal)
    """Where the file stands that names what could not be done."""
    errors: Mapped[int] = mapped_column(default=0, server_default="0", info=not_personal)
    """How many entries could not be done."""
    keep_until: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When the files are deleted; None when there are none."""
    reason: Mapped[str | None] = mapped_column(info=not_personal)
    """Why it failed: the code of an error."""
    attempts: Mapped[int] = mapped_column(default=0, info=not_personal)
    """How often a worker took it up; it also tells a worker that was overtaken from the one at work."""
    created_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    started_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When the present attempt began, so that its speed can be told."""
    heartbeat_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When a worker last said that it is at it; of waiting work, when its job was last sent again."""
    cancel_asked_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    ended_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    seen_at: Mapped[datetime | None] = mapped_column(info=personal("technical"))
    """When whoever asked for it saw how it ended."""

    is_new = False
    """Whether this transaction has begun it; a second click finds what the first one began."""

    @property
    def is_unfinished(self) -> bool:
        """Whether there is something to wait for."""
        return self.state in UNFINISHED
