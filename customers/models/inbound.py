"""Mail that came in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import blind_index, encrypted
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id

STATES = (
    "('received', 'waiting', 'logged', 'unassigned', 'quarantined', 'set_aside', 'bounce', 'ignored', 'failed',"
    " 'forgotten')"
)
UNPLACED = "state NOT IN ('logged', 'bounce')"


class InboundMail(TenantBase):
    """One mail to an address of the tenant. The mail itself lies in storage as it came.

    `received` waits to be read; `waiting` has a person and waits for the interaction; `logged` is one; `unassigned`
    has a sender nobody knows; `quarantined` is disowned by its sender's domain; `set_aside` somebody put away;
    `bounce` told that a mail of ours came back; `ignored` is part of a loop; `failed` could not be read, and
    `reason` says why; `forgotten` has stayed long enough and is being deleted.

    A mail is stored once: the same Message-ID with the same sender and date is the same mail. The sender stands
    under the mail's own key, so that who was never a customer is forgotten with it.
    """

    __tablename__ = "inbound_mails"
    __table_args__ = (
        Index("uq_inbound_mails_message", "message_hash", "variant", unique=True),
        Index("ix_inbound_mails_unplaced", "state", "id", postgresql_where=text(UNPLACED)),
        Index("ix_inbound_mails_sender", "sender_index", "received_at"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("automatic IN ('reply', 'bulk', 'loop')", name="automatic_known"),
        CheckConstraint("authentication IN ('verified', 'unverified', 'failed')", name="authentication_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_hash: Mapped[bytes] = mapped_column(info=personal("technical"))
    """Of the Message-ID, under the tenant's index key; replies are found by it."""
    variant: Mapped[bytes] = mapped_column(info=personal("technical"))
    """Of sender and date: programs exist that use one Message-ID for all they send."""
    local_part: Mapped[str] = mapped_column(info=personal("contact"))
    """To whom at the tenant it was addressed, before the @."""
    outbox_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    """The mail of ours whose bounce address it came to."""
    file: Mapped[str] = mapped_column(info=not_personal)
    """Where it lies in storage."""
    size: Mapped[int] = mapped_column(info=not_personal)
    received_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    state: Mapped[str] = mapped_column(default="received", info=not_personal)
    reason: Mapped[str | None] = mapped_column(info=not_personal)
    automatic: Mapped[str | None] = mapped_column(info=not_personal)
    authentication: Mapped[str | None] = mapped_column(info=not_personal)
    """Whether it comes from whom it says; None where that was not asked."""
    checks: Mapped[dict[str, str] | None] = mapped_column(JSONB, info=not_personal)
    """What was found: `{"dkim", "spf", "dmarc"}` and `author`, codes of `infra.mail.inbound.authentication`."""
    sender: Mapped[str | None] = encrypted("contact", index="sender_index")
    sender_index: Mapped[bytes | None] = blind_index("email")
    sender_name: Mapped[str | None] = encrypted("identity")
    subject: Mapped[str | None] = mapped_column(info=personal("free_text"))
    body: Mapped[str | None] = mapped_column(info=personal("free_text"))
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, info=personal("free_text"))
    """`{"name", "type", "bytes", "file"}` in their order; name and type are what the sender says. `risk` stands
    there where one may harm who opens it."""
    thread_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    """The first mail of the conversation."""
    person_id: Mapped[UUID | None] = mapped_column(info=personal("identity"))
    decided_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    decided_at: Mapped[datetime | None] = mapped_column(info=not_personal)
