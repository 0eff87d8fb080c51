"""What a staff member proves themselves with besides the password."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import encrypted
from infra.db import TenantBase, not_personal, personal
from tenants.models.staff import StaffMember


class SecondFactor(TenantBase):
    """A member's authenticator app and recovery codes. Without `confirmed_at` an app was only offered.

    A row of its own, because it is locked while a code is checked, and it goes when the factor is turned off.
    """

    __tablename__ = "second_factors"

    staff_id: Mapped[UUID] = mapped_column(ForeignKey(StaffMember.id), primary_key=True)
    secret: Mapped[str | None] = encrypted("credential", owner="staff_id")
    """Of the app that is asked at sign-in."""
    offered: Mapped[str | None] = encrypted("credential", owner="staff_id")
    """Of an app that was shown and has not been confirmed with a code yet."""
    offered_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    confirmed_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    last_step: Mapped[int | None] = mapped_column(info=personal("technical"))
    """The 30 s step of the newest accepted code; it and older ones are refused from then on."""
    recovery_hashes: Mapped[list[bytes]] = mapped_column(
        ARRAY(LargeBinary), default=list, info=personal("credential")
    )
    """Of the recovery codes that were not used yet."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
