"""Endpoints and the deliveries they are owed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id

EVERY_KIND = "*"
IN_FLIGHT = "state IN ('waiting', 'sending')"


class WebhookEndpoint(TenantBase):
    """A program of the tenant's that wants to hear of events. Its secret is derived, never stored.

    `active` is sent to; `paused` keeps what happens for three days; `disabled` keeps nothing. `state_reason` is
    `person`, or what made the product pause it: `failing` or `gone`.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (CheckConstraint("state IN ('active', 'paused', 'disabled')", name="state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    url: Mapped[str] = mapped_column(info=not_personal)
    description: Mapped[str] = mapped_column(info=not_personal)
    kinds: Mapped[list[str]] = mapped_column(info=not_personal)
    """Public names of events, or `*` for all, also those to come."""
    state: Mapped[str] = mapped_column(default="active", info=not_personal)
    state_reason: Mapped[str] = mapped_column(default="person", info=not_personal)
    state_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    secret_number: Mapped[int] = mapped_column(default=1, info=not_personal)
    """Which of its secrets is the present one; the one before still signs until `previous_secret_until`."""
    previous_secret_until: Mapped[datetime | None] = mapped_column(info=not_personal)
    failing_since: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When the first of an unbroken run of failures was; None after a success."""
    last_outcome: Mapped[str | None] = mapped_column(info=not_personal)
    last_status: Mapped[int | None] = mapped_column(info=not_personal)
    last_attempt_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=not_personal)


class WebhookDelivery(TenantBase):
    """What an endpoint is owed of one event. The event's id is the message's id, however often it is sent.

    `waiting` for `next_attempt_at`; `sending` belongs to a worker until `leased_until`; `delivered` was answered
    with 2xx; `failed` is over until a person replays it. The list of deliveries follows the primary key, newest
    event first; the two small indexes hold only what is owed and what has failed.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sending', 'delivered', 'failed')", name="state"),
        Index("ix_webhook_deliveries_due", "endpoint_id", "next_attempt_at", postgresql_where=text(IN_FLIGHT)),
        Index("ix_webhook_deliveries_failed", "endpoint_id", "event_id", postgresql_where=text("state = 'failed'")),
    )

    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey(WebhookEndpoint.id, ondelete="CASCADE"), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(info=not_personal)
    payload: Mapped[str] = mapped_column(Text, info=not_personal)
    """The body exactly as it is signed and sent: ids and codes."""
    state: Mapped[str] = mapped_column(default="waiting", info=not_personal)
    attempts: Mapped[int] = mapped_column(default=0, info=not_personal)
    """Since it was made, replayed, or its endpoint resumed."""
    next_attempt_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    leased_until: Mapped[datetime | None] = mapped_column(info=not_personal)
    outcome: Mapped[str | None] = mapped_column(info=not_personal)
    status: Mapped[int | None] = mapped_column(info=not_personal)
    """Of the last answer, if there was one."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    finished_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    history: Mapped[list[Any]] = mapped_column(default=list, info=personal("free_text"), deferred=True)
    """The attempts, oldest first: when, outcome, status, milliseconds, and the first bytes of what came back, which
    are a stranger's words."""
