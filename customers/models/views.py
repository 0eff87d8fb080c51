"""Lists of people as somebody has saved them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id

ATTRIBUTE = "a."
"""Before an attribute's code in the list's address."""


class SavedView(TenantBase):
    """A list with its filters, order and columns under a name. A tenant has few, so that no index is needed."""

    __tablename__ = "saved_views"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(info=not_personal)
    query: Mapped[dict[str, Any]] = mapped_column(info=personal("behaviour"))
    """What stands in the list's address, but for what was searched for and typed about people: that names them."""
    shared: Mapped[bool] = mapped_column(default=False, info=not_personal)
    """Whether colleagues have it among theirs; else it is its maker's own."""
    owner_id: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
