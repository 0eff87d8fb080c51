"""People who turned out to be one, and people who might be."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import encrypted
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id


class Merge(TenantBase):
    """One person or company was merged into another. What both were before is kept, so that it can be taken back
    exactly: of people under each one's key, of companies, whose names are no secret, in `images`."""

    __tablename__ = "merges"
    __table_args__ = (
        Index("ix_merges_kept_id", "kept_id"),
        Index("uq_merges_merged_id", "merged_id", unique=True, postgresql_where=text("undone_at IS NULL")),
        CheckConstraint("kept_id <> merged_id", name="two"),
        CheckConstraint("subject IN ('person', 'company')", name="subject"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject: Mapped[str] = mapped_column(default="person", server_default="person", info=not_personal)
    kept_id: Mapped[UUID] = mapped_column(info=personal("identity"))
    merged_id: Mapped[UUID] = mapped_column(info=personal("identity"))
    kept_before: Mapped[str | None] = encrypted("identity", owner="kept_id")
    kept_after: Mapped[str | None] = encrypted("identity", owner="kept_id")
    """What the merge made of the one that stays: what differs from it later, somebody has changed since."""
    merged_before: Mapped[str | None] = encrypted("identity", owner="merged_id")
    images: Mapped[dict[str, Any] | None] = mapped_column(info=personal("identity"))
    """Of companies: `{"kept_before", "kept_after", "merged_before"}`."""
    choices: Mapped[dict[str, Any]] = mapped_column(default=dict, info=not_personal)
    """By field whose value was taken: `kept` or `merged`."""
    at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    undone_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    undone_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))


class Duplicate(TenantBase):
    """Two people who might be the same one, or two companies that somebody said are not: those that might be are
    looked for anew each time. The smaller id comes first, so that a pair stands once.
    """

    __tablename__ = "duplicates"
    __table_args__ = (
        Index("ix_duplicates_other_id", "other_id"),
        Index(
            "ix_duplicates_open",
            text("weight DESC"),
            text("one_id DESC"),
            text("other_id DESC"),
            postgresql_where=text("dismissed_at IS NULL"),
        ),
        CheckConstraint("one_id < other_id", name="in_order"),
    )

    one_id: Mapped[UUID] = mapped_column(primary_key=True)
    other_id: Mapped[UUID] = mapped_column(primary_key=True)
    reasons: Mapped[list[str]] = mapped_column(JSONB, default=list, info=not_personal)
    """Codes of what they have in common (`customers.tokens`)."""
    weight: Mapped[int] = mapped_column(info=not_personal)
    found_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    dismissed_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When somebody said that they are not the same."""
    dismissed_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
