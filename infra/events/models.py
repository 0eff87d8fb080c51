"""Events: facts written in the transaction that made them true, and the deliveries still owed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, append_only, not_personal
from infra.ids import new_id


class Event(TenantBase):
    """A fact, by ids. `dispatched_at` is the only column that ever changes."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_waiting", "id", postgresql_where=text("dispatched_at IS NULL")),
        {"info": append_only("dispatched_at")},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(info=not_personal)
    subject_id: Mapped[UUID] = mapped_column(info=not_personal)
    data: Mapped[dict[str, Any]] = mapped_column(info=not_personal)
    occurred_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    dispatched_at: Mapped[datetime | None] = mapped_column(info=not_personal)


class Delivery(TenantBase):
    """One reaction that an event still owes. The row goes when the reaction's transaction commits."""

    __tablename__ = "event_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'failed')", name="state"),
        Index("ix_event_deliveries_due", "state", "next_attempt_at"),
    )

    event_id: Mapped[UUID] = mapped_column(ForeignKey(Event.id, ondelete="CASCADE"), primary_key=True)
    reaction: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="waiting", info=not_personal)
    attempts: Mapped[int] = mapped_column(default=0, info=not_personal)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    reason: Mapped[str | None] = mapped_column(info=not_personal)
