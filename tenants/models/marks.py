"""What people have looked at or put away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal, personal


class Mark(TenantBase):
    """One mark of a kind on a thing: somebody has looked at this answer, has put the first steps away, the links to
    this survey are to be mixed tonight, or messages that were taken back are to be ended.

    One table for all kinds, because each has few rows and is only ever asked for by its key.
    """

    __tablename__ = "marks"

    name: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    """What is marked; for what a person puts away for themselves, the person."""
    by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
