"""Domains of its own that a workspace wants to be found at."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, not_personal
from infra.ids import new_id


class Domain(TenantBase):
    """A claim to a domain, with what the last look at its two DNS records found.

    A table of its own, in the tenant: a change, its audit entry and its mails are one transaction, and the checks
    that are due are found as every other due thing is. Who serves a domain is said by `control.hosts` alone.
    """

    __tablename__ = "domains"
    __table_args__ = (
        CheckConstraint(
            "text_state IN ('unknown', 'found', 'missing', 'elsewhere', 'unanswered')", name="text_state"
        ),
        CheckConstraint(
            "pointer_state IN ('unknown', 'found', 'missing', 'elsewhere', 'unanswered')", name="pointer_state"
        ),
        Index("uq_domains_host", "host", unique=True, postgresql_where=text("removed_at IS NULL")),
        Index("uq_domains_main", "main", unique=True, postgresql_where=text("main AND removed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    host: Mapped[str] = mapped_column(info=not_personal)
    """In ASCII."""
    token: Mapped[str] = mapped_column(info=not_personal)
    """What the TXT record must hold. New with every claim, so that an old record proves nothing."""
    text_state: Mapped[str] = mapped_column(default="unknown", info=not_personal)
    text_seen: Mapped[str | None] = mapped_column(info=not_personal)
    """What stands in the record instead."""
    pointer_state: Mapped[str] = mapped_column(default="unknown", info=not_personal)
    pointer_seen: Mapped[str | None] = mapped_column(info=not_personal)
    """Where the domain points instead."""
    taken: Mapped[bool] = mapped_column(default=False, info=not_personal)
    """Whether another workspace serves it and its proof still stands."""
    main: Mapped[bool] = mapped_column(default=False, info=not_personal)
    """Whether the workspace wants to be known by it."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    checked_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    next_check_at: Mapped[datetime | None] = mapped_column(default=now, info=not_personal)
    """None: only when somebody asks."""
    verified_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """Since when it is served; None while it is not."""
    failing_since: Mapped[datetime | None] = mapped_column(info=not_personal)
    warned_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    disabled_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When it was switched off because its records were gone."""
    removed_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """Somebody removed it; the row goes once `control.hosts` has been told."""
