"""What was sent to people or refused, the addresses nobody writes to, and the links that are theirs alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import blind_index, encrypted
from infra.db import TenantBase, append_only, not_personal, personal
from infra.ids import new_id

KINDS = ("hard_bounce", "complaint", "unsubscribe", "manual", "import")


class Contact(TenantBase):
    """One message that was asked for: `requested`, `refused` at the door, or `cancelled` when it was to be sent.

    What became of a requested one after that says the outbox, under the same id (`ref_id`).
    """

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("key", name="uq_contacts_key"),
        Index("ix_contacts_person_id", "person_id", "due_at"),
        Index("ix_contacts_refused", "id", postgresql_where=text("state <> 'requested'")),
        Index("ix_contacts_batch_id", "batch_id", "person_id", postgresql_where=text("batch_id IS NOT NULL")),
        CheckConstraint("state IN ('requested', 'refused', 'cancelled')", name="state_known"),
        CheckConstraint("(reason IS NULL) = (state = 'requested')", name="reason_given"),
        {"info": append_only("state", "reason", "settled_at", "due_at", "email_index")},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(info=not_personal)
    purpose: Mapped[str] = mapped_column(info=not_personal)
    letter: Mapped[str] = mapped_column(info=not_personal)
    """Who writes it: the name in the registry of letters."""
    channel: Mapped[str] = mapped_column(info=not_personal)
    topic: Mapped[str] = mapped_column(default="", info=not_personal)
    ref_id: Mapped[UUID] = mapped_column(info=not_personal)
    key: Mapped[str] = mapped_column(info=not_personal)
    batch_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    """What was asked for together, also of those whom the door refused; the mails carry it too."""
    reminder: Mapped[bool] = mapped_column(default=False, info=not_personal)
    state: Mapped[str] = mapped_column(info=not_personal)
    reason: Mapped[str | None] = mapped_column(info=personal("behaviour"))
    email_index: Mapped[bytes | None] = mapped_column(info=personal("contact"))
    """Blind index of the address that it goes to: what comes back is held against this one, not a later one."""
    due_at: Mapped[datetime] = mapped_column(info=not_personal)
    """When it may go out, after quiet hours; what the budget counts by. Quiet hours at sending move it on."""
    settled_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When it was cancelled."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)


class Suppression(TenantBase):
    """An address that is not written to. The address is sealed under a key of this row's own."""

    __tablename__ = "suppressions"
    __table_args__ = (
        Index(
            "uq_suppressions_email_index",
            "email_index",
            "kind",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
        CheckConstraint(
            "kind IN ('hard_bounce', 'complaint', 'unsubscribe', 'manual', 'import')", name="kind_known"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str | None] = encrypted("contact", index="email_index")
    email_index: Mapped[bytes] = blind_index("email")
    kind: Mapped[str] = mapped_column(info=personal("behaviour"))
    source: Mapped[str] = mapped_column(info=not_personal)
    """`staff`, `api`, `import`, `person`, `smtp`, `dsn`, `ses`: what told us."""
    reason: Mapped[str | None] = mapped_column(info=personal("free_text"))
    evidence: Mapped[str | None] = mapped_column(info=personal("technical"))
    """The bounce, import or contact that proves it."""
    at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    by_id: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    lifted_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    lifted_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    lifted_why: Mapped[str | None] = mapped_column(info=personal("free_text"))


class PersonalLink(TenantBase):
    """A link that is one person's. Only the hash of its token is here."""

    __tablename__ = "personal_links"
    __table_args__ = (
        UniqueConstraint("token_hash", name="uq_personal_links_token_hash"),
        Index("ix_personal_links_person_id", "person_id"),
        Index("ix_personal_links_ref_id", "ref_id", "purpose"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(info=personal("credential"))
    """SHA-256 of the token."""
    person_id: Mapped[UUID] = mapped_column(info=not_personal)
    purpose: Mapped[str] = mapped_column(info=not_personal)
    ref_id: Mapped[UUID] = mapped_column(info=not_personal)
    once: Mapped[bool] = mapped_column(info=not_personal)
    expires_at: Mapped[datetime] = mapped_column(info=not_personal)
    spent_at: Mapped[datetime | None] = mapped_column(info=personal("behaviour"))
    """When its act was finished; of anonymous acts `links.UNTOLD`, which says that it was and not when."""
    revoked_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
