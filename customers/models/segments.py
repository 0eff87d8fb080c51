"""Groups of customers under a name: by a rule that is asked anew each time, or as they were at one moment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id

DYNAMIC, FROZEN = "dynamic", "frozen"


class Segment(TenantBase):
    """A group of customers. Everything else names it by id and shows its name, which nobody else has.

    A frozen one keeps its people in `segment_members`; `frozen_at` is when the last of them was written down, and
    until then nobody may use it. Its `rule` says how they were found, where a rule found them.
    """

    __tablename__ = "segments"
    __table_args__ = (
        Index(
            "uq_segments_name",
            func.lower(text("name")),
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
        CheckConstraint("kind IN ('dynamic', 'frozen')", name="kind_known"),
        CheckConstraint("kind = 'frozen' OR frozen_at IS NULL", name="frozen_only"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(info=not_personal)
    kind: Mapped[str] = mapped_column(default=DYNAMIC, info=not_personal)
    rule: Mapped[dict[str, Any]] = mapped_column(default=dict, info=personal("behaviour"))
    """The rule tree (`customers.segments.rules`); empty where people were chosen one by one."""
    owner_id: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    frozen_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    counted: Mapped[int | None] = mapped_column(info=not_personal)
    """How many there were at `counted_at`."""
    counted_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    updated_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    archived_at: Mapped[datetime | None] = mapped_column(info=not_personal)


class SegmentMember(TenantBase):
    """Somebody in a frozen segment. Who is merged later keeps the row under the old id."""

    __tablename__ = "segment_members"

    segment_id: Mapped[UUID] = mapped_column(ForeignKey(Segment.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
