"""The people who work in the console: who they are, where they are signed in, and codes of one use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import blind_index, encrypted
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id, unordered_id


class StaffMember(TenantBase):
    """Somebody who may sign in here. Name and address are encrypted under the member's own key."""

    __tablename__ = "staff_members"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'admin', 'editor', 'analyst', 'viewer')", name="role"),
        Index(
            "uq_staff_members_email_index",
            "email_index",
            unique=True,
            postgresql_where=text("deactivated_at IS NULL"),
        ),
        Index(
            "uq_staff_members_owner",
            "role",
            unique=True,
            postgresql_where=text("role = 'owner' AND deactivated_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = encrypted("identity")
    email: Mapped[str] = encrypted("contact", index="email_index")
    email_index: Mapped[bytes] = blind_index("email")
    password_hash: Mapped[str | None] = mapped_column(info=personal("credential"))
    role: Mapped[str] = mapped_column(info=not_personal)
    locale: Mapped[str | None] = mapped_column(info=not_personal)
    """None: the workspace's own language."""
    zone: Mapped[str | None] = mapped_column(info=personal("technical"))
    """None: the workspace's own time zone."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    deactivated_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When they left or were removed. The row stays, so that history can name them; the address is free again."""
    unlisted_since: Mapped[datetime | None] = mapped_column(info=not_personal)
    """Since when `control.staff_index` has not been told of a change; None when it says what is true here."""


class StaffSession(TenantBase):
    """One browser that is signed in. The cookie holds the token, the row only its hash."""

    __tablename__ = "staff_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey(StaffMember.id), index=True, info=not_personal)
    token_hash: Mapped[bytes] = mapped_column(unique=True, info=personal("credential"))
    created_at: Mapped[datetime] = mapped_column(default=now, info=personal("technical"))
    last_seen_at: Mapped[datetime] = mapped_column(default=now, info=personal("technical"))
    proved_at: Mapped[datetime | None] = mapped_column(info=personal("technical"))
    """When the password was last typed in this browser; what is dear asks for it again after a while."""
    device: Mapped[str | None] = mapped_column(info=personal("technical"))
    """Kind of browser and system as codes (`firefox/windows`), so that people know their sessions; nothing more."""
    expires_at: Mapped[datetime] = mapped_column(info=not_personal)
    ended_at: Mapped[datetime | None] = mapped_column(info=personal("technical"))


class StaffToken(TenantBase):
    """A link of one use. The link itself is signed, bound to tenant and purpose, and names this row."""

    __tablename__ = "staff_tokens"
    __table_args__ = (CheckConstraint("purpose IN ('enter', 'email')", name="purpose"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=unordered_id)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey(StaffMember.id), index=True, info=not_personal)
    purpose: Mapped[str] = mapped_column(info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    expires_at: Mapped[datetime] = mapped_column(info=not_personal)
    used_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    email: Mapped[str | None] = encrypted("contact", owner="staff_id")
    """The address that the link confirms; for the purpose `email` only."""
    email_before: Mapped[str | None] = encrypted("contact", owner="staff_id")
    """The address that is told."""


class SignInAttempt(TenantBase):
    """One try at a password, counted per account and per network address; both only as keyed hashes.

    A table of its own because its rows are dropped after a day, which the audit log's never are.
    """

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index("ix_sign_in_attempts_account", "account", "at"),
        Index("ix_sign_in_attempts_address", "address", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account: Mapped[bytes] = mapped_column(info=personal("technical"))
    address: Mapped[bytes] = mapped_column(info=personal("technical"))
    at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
