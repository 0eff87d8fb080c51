"""What came back of our mail."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id

KINDS = "('hard', 'soft', 'complaint', 'reply', 'delivered', 'unknown')"


class Bounce(TenantBase):
    """One report about one mail of ours, whoever made it: the server's refusal, a mail that came back, or SES.

    `key` makes a report that is told twice one row; what follows from it is done in the same transaction.
    """

    __tablename__ = "bounces"
    __table_args__ = (
        Index("uq_bounces_key", "key", unique=True),
        Index("ix_bounces_person_id", "person_id", "at", postgresql_where=text("person_id IS NOT NULL")),
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint("source IN ('smtp', 'mail', 'ses')", name="source_known"),
        CheckConstraint("proof IN ('outbox', 'message_id', 'address', 'none')", name="proof_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(info=not_personal)
    source: Mapped[str] = mapped_column(info=not_personal)
    proof: Mapped[str] = mapped_column(info=not_personal)
    """How we know which mail it is about. What only names an address proves nothing: anybody can write that."""
    outbox_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    person_id: Mapped[UUID | None] = mapped_column(info=personal("identity"))
    kind: Mapped[str] = mapped_column(info=not_personal)
    status: Mapped[str | None] = mapped_column(info=not_personal)
    """RFC 3463, like 5.1.1."""
    diagnostic: Mapped[str | None] = mapped_column(info=personal("technical"))
    """What the other server said, without addresses."""
    at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    evidence: Mapped[str | None] = mapped_column(info=not_personal)
    """Where the mail or the notification lies in storage."""
    suppressed: Mapped[bool] = mapped_column(default=False, info=not_personal)
    """Whether it ended in a suppression of the person's address."""
