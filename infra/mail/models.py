"""The outbox: one table in each tenant's schema, one in `control` for mail before there is a tenant."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column
from sqlalchemy.sql.schema import SchemaItem

from infra.clock import now
from infra.db import ControlBase, TenantBase, TenantRef, not_personal
from infra.ids import new_id

STATES = "'queued', 'leased', 'sending', 'accepted', 'refused', 'unknown', 'cancelled'"
KNOWN = f"state IN ({STATES})"
KNOWN_IN_TENANT = f"state IN ({STATES}, 'held')"
IN_FLIGHT_STATES = ("queued", "leased", "sending")
IN_FLIGHT = "state IN ('queued', 'leased', 'sending')"
TROUBLED = "state IN ('unknown', 'refused')"
STOPPABLE = "batch_id IS NOT NULL AND state IN ('queued', 'leased', 'held')"


class OutboxColumns:
    """One mail by id. Nothing here is personal: no address, no text, and replies are stored without addresses.

    `queued` waits for `next_attempt_at`; `leased` belongs to a worker until `leased_until`; `sending` means that
    the server may have it; `accepted` and `refused` carry the server's reply; `unknown` is never re-sent by itself;
    `cancelled` had nothing to send any more, or was taken back. Each tenant's unknown and refused mails are counted
    every minute or two for the operators; the second index keeps that from reading a year of accepted ones.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[str] = mapped_column(info=not_personal)
    ref_id: Mapped[UUID] = mapped_column(info=not_personal)
    key: Mapped[str] = mapped_column(unique=True, info=not_personal)
    locale: Mapped[str] = mapped_column(info=not_personal)
    state: Mapped[str] = mapped_column(default="queued", info=not_personal)
    attempts: Mapped[int] = mapped_column(default=0, info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    leased_until: Mapped[datetime | None] = mapped_column(info=not_personal)
    finished_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    message_id: Mapped[str | None] = mapped_column(info=not_personal)
    smtp_reply: Mapped[str | None] = mapped_column(info=not_personal)


def _indexes() -> tuple[SchemaItem, ...]:
    return (
        Index("ix_outbox_in_flight", "next_attempt_at", postgresql_where=text(IN_FLIGHT)),
        Index("ix_outbox_troubled", "finished_at", postgresql_where=text(TROUBLED)),
    )


class Outbox(OutboxColumns, TenantBase):
    """Mail of a tenant. What is asked for together carries a `batch_id`; a batch that is paused is `held`."""

    __tablename__ = "outbox"

    batch_id: Mapped[UUID | None] = mapped_column(info=not_personal)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint(KNOWN_IN_TENANT, name="state_known"),
            *_indexes(),
            Index("ix_outbox_batch_id", "batch_id", postgresql_where=text(STOPPABLE)),
        )


class MailBatch(TenantBase):
    """A batch that somebody stopped. One that runs untouched has no row here, so the table is all but empty.

    Workers ask it before each lease and each mail, so one row stops a million mails at once; the mails' own rows
    are brought in line in pieces afterwards, and `settled_at` says that they all are.
    """

    __tablename__ = "mail_batches"
    __table_args__ = (CheckConstraint("state IN ('running', 'paused', 'cancelled')", name="state_known"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(info=not_personal)
    changed_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    settled_at: Mapped[datetime | None] = mapped_column(info=not_personal)


class ControlOutbox(OutboxColumns, ControlBase):
    """Mail of the platform."""

    __tablename__ = "outbox"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[SchemaItem, ...]:
        return (CheckConstraint(KNOWN, name="state_known"), *_indexes())


AnyOutbox = type[Outbox] | type[ControlOutbox]


def outbox_of(session: Session) -> AnyOutbox:
    """The outbox that belongs to a session."""
    return Outbox if isinstance(session.info.get("tenant"), TenantRef) else ControlOutbox
