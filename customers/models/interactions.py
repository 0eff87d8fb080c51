"""What was said between us and our customers, by whichever channel."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id

CHANNELS = ("call", "meeting", "chat", "social", "letter", "email")
DIRECTIONS = ("in", "out")
SOURCES = ("staff", "api", "mail")
ABOUT_COMPANY = "company_id IS NOT NULL"
WRITTEN = "written:"
"""Begins the key of a mail that was written here; behind it stands its contact's id."""


class Interaction(TenantBase):
    """One call, meeting, chat, message, letter or e-mail. `in` came from the customer, `out` went to them.

    It belongs to a person, or to a company as a whole. `company_id` is the company at that time, so that what was
    said stays with it when the person leaves. A merged person's rows keep their id.
    """

    __tablename__ = "interactions"
    __table_args__ = (
        Index("uq_interactions_key", "key", unique=True),
        Index("ix_interactions_person_id", "person_id", "at", "id"),
        Index("ix_interactions_company_id", "company_id", "at", "id", postgresql_where=text(ABOUT_COMPANY)),
        CheckConstraint(
            "channel IN ('call', 'meeting', 'chat', 'social', 'letter', 'email')", name="channel_known"
        ),
        CheckConstraint("direction IN ('in', 'out')", name="direction_known"),
        CheckConstraint("source IN ('staff', 'api', 'mail')", name="source_known"),
        CheckConstraint("authentication IN ('verified', 'unverified', 'failed')", name="authentication_known"),
        CheckConstraint("person_id IS NOT NULL OR company_id IS NOT NULL", name="about_somebody"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    company_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    channel: Mapped[str] = mapped_column(info=personal("behaviour"))
    direction: Mapped[str] = mapped_column(info=personal("behaviour"))
    at: Mapped[datetime] = mapped_column(info=personal("behaviour"))
    """When it took place, or came in, or went out."""
    subject: Mapped[str | None] = mapped_column(info=personal("free_text"))
    summary: Mapped[str] = mapped_column(info=personal("free_text"))
    body: Mapped[str | None] = mapped_column(info=personal("free_text"))
    """The words themselves, of a mail or a letter."""
    transcript: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, info=personal("free_text"))
    """Of a chat: `{"who", "at", "text"}` in their order; `at` is an ISO moment or absent."""
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, info=personal("free_text"))
    """`{"name", "type", "bytes", "file"}` in their order; name and type are what the sender says."""
    thread_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    """The first mail of the conversation."""
    staff_id: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    """Who of us took part."""
    source: Mapped[str] = mapped_column(info=not_personal)
    automatic: Mapped[bool] = mapped_column(default=False, info=not_personal)
    """A machine's answer, such as an out-of-office note: nobody was reached by it."""
    authentication: Mapped[str | None] = mapped_column(info=not_personal)
    """Of a mail that came in: whether it comes from whom it says."""
    key: Mapped[str] = mapped_column(info=not_personal)
    """Names this entry for ever, so that what is sent twice stands here once."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    updated_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
