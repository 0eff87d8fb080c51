"""Who was asked to join the staff, and has not yet, or has, or will not."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import blind_index, encrypted
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id


class Invitation(TenantBase):
    """An invitation to work here. Its id becomes the id of the staff member, who so keeps their key.

    A table of its own, and no state of a staff member: whoever was only invited is nobody here, and no query about
    staff has to leave them out.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'editor', 'analyst', 'viewer')", name="role"),
        Index(
            "uq_invitations_open",
            "email_index",
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = encrypted("contact", index="email_index")
    email_index: Mapped[bytes] = blind_index("email")
    name: Mapped[str | None] = encrypted("identity")
    role: Mapped[str] = mapped_column(info=not_personal)
    workspace: Mapped[str] = mapped_column(info=not_personal)
    """The name of the business for the mail: it stands in the control plane, and mails are made in a tenant."""
    invited_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    sent_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    times_sent: Mapped[int] = mapped_column(default=1, info=not_personal)
    expires_at: Mapped[datetime] = mapped_column(info=not_personal)
    accepted_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    withdrawn_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
