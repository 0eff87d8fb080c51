"""What people report about the pages of tenants, and what was held back until an operator has looked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import ControlBase
from infra.ids import new_id
from tenants.models.control import Tenant


class AbuseReport(ControlBase):
    """One thing for operators to look at: a visitor's report, or a survey whose links were held back.

    It stands in the control plane because nothing of it may be in the reach of the tenant it is about.
    """

    __tablename__ = "abuse_reports"
    __table_args__ = (
        CheckConstraint("kind IN ('report', 'held')", name="kind"),
        CheckConstraint("state IN ('open', 'acting', 'dismissed', 'acted')", name="state"),
        Index("ix_abuse_reports_waiting", "id", postgresql_where=text("state IN ('open', 'acting')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    """Of the form that was sent, or of what was held; the same one twice is one row."""
    kind: Mapped[str]
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), index=True)
    survey_id: Mapped[UUID | None]
    path: Mapped[str]
    """The page it is about."""
    reason: Mapped[str]
    """A code."""
    words: Mapped[bytes | None]
    """What the visitor wrote, encrypted under the platform's key."""
    email: Mapped[bytes | None]
    """Where they want to be told, encrypted likewise."""
    locale: Mapped[str]
    found: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Of what was held: where it stands and which hosts it leads to."""
    state: Mapped[str] = mapped_column(default="open")
    created_at: Mapped[datetime] = mapped_column(default=now)
    decision: Mapped[str | None]
    """`dismiss`, `withdraw`, `suspend`, `allow` or `trust`."""
    decided_by: Mapped[UUID | None]
    """The operator."""
    decided_at: Mapped[datetime | None]
