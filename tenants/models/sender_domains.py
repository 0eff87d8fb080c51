"""Domains that a workspace sends mail from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import encrypted
from infra.db import TenantBase, not_personal
from infra.ids import new_id


class SenderDomain(TenantBase):
    """A domain with the key that signs for it (DKIM), and what the last look at its records found.

    Who publishes the key's public half under the selector owns the domain and wants us to send for it; both are new
    with every claim, so a record that somebody else set proves nothing here.
    """

    __tablename__ = "sender_domains"
    __table_args__ = (
        CheckConstraint("local_part <> ''", name="local_part_given"),
        Index("uq_sender_domains_domain", "domain", unique=True),
        Index("uq_sender_domains_main", "main", unique=True, postgresql_where=text("main")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    domain: Mapped[str] = mapped_column(info=not_personal)
    """In ASCII."""
    local_part: Mapped[str] = mapped_column(info=not_personal)
    """What stands before the @ of the address that mails come from."""
    selector: Mapped[str] = mapped_column(info=not_personal)
    private_key: Mapped[str] = encrypted("credential")
    """PEM, RSA 2048, under a key of its own below the tenant's."""
    public_key: Mapped[str] = mapped_column(info=not_personal)
    """As the DKIM record holds it: base64 of the DER."""
    checks: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, info=not_personal)
    """Record to `{"state", "seen"}`: `dkim`, `spf`, `dmarc`."""
    main: Mapped[bool] = mapped_column(default=False, info=not_personal)
    """Whether customer mail comes from it while it is verified."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=not_personal)
    checked_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    next_check_at: Mapped[datetime | None] = mapped_column(default=now, info=not_personal)
    """None: only when somebody asks."""
    verified_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """Since when it may be sent from; None while it may not."""
    failing_since: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When a check first missed the key of a verified domain."""
