"""The customer pages of a tenant: who is signed in where, one-time proofs by mail, and requests to be erased."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import encrypted
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id, unordered_id


class PortalSession(TenantBase):
    """One browser in which a customer is signed in. The cookie holds the token, the row only its hash."""

    __tablename__ = "portal_sessions"
    __table_args__ = (Index("ix_portal_sessions_person_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(info=not_personal)
    token_hash: Mapped[bytes] = mapped_column(unique=True, info=personal("credential"))
    how: Mapped[str] = mapped_column(info=personal("technical"))
    """What proved who they are: `link`, `code`, or a provider such as `openid`."""
    agent: Mapped[str] = mapped_column(info=personal("technical"))
    """Kind of browser and system as codes (`firefox/windows`), so that people know their sessions; nothing more."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=personal("technical"))
    last_seen_at: Mapped[datetime] = mapped_column(default=now, info=personal("technical"))
    expires_at: Mapped[datetime] = mapped_column(info=not_personal)
    ended_at: Mapped[datetime | None] = mapped_column(info=personal("technical"))


class PortalProof(TenantBase):
    """A one-time link and code in one mail: whoever spends one has the mailbox. Written for unknown addresses too.

    Of one mailbox and kind one is the newest, and has no `voided_at` yet. Token and code are made when the mail is;
    only what they hash to is kept.
    """

    __tablename__ = "portal_proofs"
    __table_args__ = (
        Index(
            "uq_portal_proofs_standing",
            "address_index",
            "kind",
            unique=True,
            postgresql_where=text("spent_at IS NULL AND voided_at IS NULL"),
        ),
        Index("ix_portal_proofs_asked_at", "asked_at"),
        CheckConstraint("kind IN ('sign_in', 'email')", name="kind_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=unordered_id)
    kind: Mapped[str] = mapped_column(info=not_personal)
    address_index: Mapped[bytes] = mapped_column(info=personal("contact"))
    """Blind index of the mailbox; for `email` the id of who wants another address, and has one wish at a time."""
    person_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    """Who wants another address, for `email`; a sign-in finds its people when it is proved."""
    new_email: Mapped[str | None] = encrypted("contact", owner="person_id")
    former_email: Mapped[str | None] = encrypted("contact", owner="person_id")
    """The address before, which is told of the change."""
    token_hash: Mapped[bytes | None] = mapped_column(unique=True, info=personal("credential"))
    code_hash: Mapped[bytes | None] = mapped_column(info=personal("credential"))
    """Keyed, because so few codes could all be tried."""
    tries: Mapped[int] = mapped_column(SmallInteger, default=0, info=not_personal)
    onward: Mapped[str] = mapped_column(default="", info=not_personal)
    """The page that they were on their way to: a path of this host."""
    asked_at: Mapped[datetime] = mapped_column(default=now, info=personal("technical"))
    spent_at: Mapped[datetime | None] = mapped_column(info=personal("technical"))
    voided_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """From when it is void: at once, or when its time is over where another browser asked since."""
    entered_at: Mapped[datetime | None] = mapped_column(info=personal("technical"))
    """When the proof began a session; it does so once."""


class ErasureRequest(TenantBase):
    """Somebody asked to be erased. One is open at a time; what became of it stays on the record."""

    __tablename__ = "erasure_requests"
    __table_args__ = (
        Index(
            "uq_erasure_requests_open",
            "person_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        CheckConstraint("state IN ('open', 'withdrawn', 'done', 'refused')", name="state_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(info=not_personal)
    state: Mapped[str] = mapped_column(default="open", info=not_personal)
    task_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    asked_at: Mapped[datetime] = mapped_column(default=now, info=personal("behaviour"))
    due_at: Mapped[datetime] = mapped_column(info=not_personal)
    settled_at: Mapped[datetime | None] = mapped_column(info=personal("behaviour"))
    settled_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    """Who of the staff decided; nobody where the person took it back."""


__all__ = ["ErasureRequest", "PortalProof", "PortalSession"]
