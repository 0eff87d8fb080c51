"""How a workspace looks and speaks: one row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal

DEFAULT_COLOUR = "#1f5fbf"


class TenantSettings(TenantBase):
    """Brand, languages and zone. `version` grows with each change of the brand; stylesheet and logo carry it."""

    __tablename__ = "tenant_settings"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    accent: Mapped[str] = mapped_column(default=DEFAULT_COLOUR, info=not_personal)
    font: Mapped[str] = mapped_column(default="system", info=not_personal)
    corners: Mapped[int] = mapped_column(default=8, info=not_personal)
    logo_key: Mapped[str | None] = mapped_column(info=not_personal)
    logo_type: Mapped[str | None] = mapped_column(info=not_personal)
    logo_bytes: Mapped[int | None] = mapped_column(info=not_personal)
    logo_digest: Mapped[str | None] = mapped_column(info=not_personal)
    languages: Mapped[list[str]] = mapped_column(default=lambda: ["en"], info=not_personal)
    default_locale: Mapped[str] = mapped_column(default="en", info=not_personal)
    zone: Mapped[str] = mapped_column(default="UTC", info=not_personal)
    second_factor_required_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """Since when nobody works here without a second factor; None: everybody as they like."""
    second_factor_required_by: Mapped[UUID | None] = mapped_column(info=not_personal)
    version: Mapped[int] = mapped_column(default=0, info=not_personal)
    trusted: Mapped[bool] = mapped_column(default=False, server_default=text("false"), info=not_personal)
    """An operator knows this business: what it writes is not judged by its links."""
    allowed_hosts: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"), info=not_personal)
    """Hosts that an operator has looked at and let pass in its texts."""
    reply_to: Mapped[str | None] = mapped_column(info=not_personal)
    """Where answers to mail for customers go; None: to the workspace's own inbox where there is one."""
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, info=not_personal)
