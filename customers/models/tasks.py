"""What somebody of us is to do for a customer, until when, and what became of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id

SOURCES = ("staff", "person", "rule", "event")
STATES = ("open", "done", "cancelled")
OUTCOMES = ("reached", "not_reached", "solved", "no_need", "other")
OPEN = "state = 'open'"
"""Those that wait for somebody. Bound values would keep PostgreSQL from seeing that a partial index fits."""
UNREMINDED = "state = 'open' AND reminded_at IS NULL"


class Task(TenantBase):
    """One thing to do. Who made it, or what, says `source`; what it came from stands in `source_ref`."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("uq_tasks_key", "key", unique=True),
        Index("ix_tasks_person_id", "person_id", "created_at", "id"),
        Index("ix_tasks_company_id", "company_id", "created_at", postgresql_where=text("company_id IS NOT NULL")),
        Index("ix_tasks_open", "owner_id", "due_at", "id", postgresql_where=text(OPEN)),
        Index("ix_tasks_unreminded", "due_at", postgresql_where=text(UNREMINDED)),
        CheckConstraint("state IN ('open', 'done', 'cancelled')", name="state_known"),
        CheckConstraint("source IN ('staff', 'person', 'rule', 'event')", name="source_known"),
        CheckConstraint(
            "outcome IN ('reached', 'not_reached', 'solved', 'no_need', 'other')", name="outcome_known"
        ),
        CheckConstraint("(state = 'done') = (outcome IS NOT NULL)", name="done_has_outcome"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    company_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    """The company it is about; of a person's task, theirs when it was made."""
    what: Mapped[str] = mapped_column(info=personal("free_text"))
    owner_id: Mapped[UUID] = mapped_column(info=personal("technical"))
    due_at: Mapped[datetime] = mapped_column(info=not_personal)
    source: Mapped[str] = mapped_column(info=not_personal)
    """`staff` made it by hand, `person` asked for it, `rule` and `event` are the product's doing."""
    source_ref: Mapped[UUID | None] = mapped_column(info=not_personal)
    """The interaction, the rule or the event's subject."""
    state: Mapped[str] = mapped_column(default="open", info=not_personal)
    outcome: Mapped[str | None] = mapped_column(info=personal("behaviour"))
    note: Mapped[str | None] = mapped_column(info=personal("free_text"))
    key: Mapped[str] = mapped_column(info=not_personal)
    """Names this task for ever: what a rule or a form asks for twice is there once."""
    first_contact_at: Mapped[datetime | None] = mapped_column(info=personal("behaviour"))
    """The first interaction with the person after the task was made."""
    reminded_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When its owner was told by mail that it is due."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    updated_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    ended_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    ended_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
