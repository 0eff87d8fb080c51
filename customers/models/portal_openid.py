"""Sign-in to the customer pages with a provider: whom the tenant trusts, whose an account is, who is on the way."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import blind_index, encrypted
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id


class OpenIdProvider(TenantBase):
    """A provider whose word about customers counts, once a check found nothing wrong and staff turned it on."""

    __tablename__ = "portal_providers"
    __table_args__ = (
        Index("uq_portal_providers_issuer", "issuer", unique=True),
        CheckConstraint("kind IN ('google', 'microsoft', 'openid')", name="kind_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(info=not_personal)
    name: Mapped[str] = mapped_column(info=not_personal)
    """What stands on the button behind "Continue with"."""
    issuer: Mapped[str] = mapped_column(info=not_personal)
    """Under which its discovery document lies. It never changes: accounts are known by it."""
    client_id: Mapped[str] = mapped_column(default="", info=not_personal)
    """Empty until staff have made us known to the provider; for that they need our row's address first."""
    client_secret: Mapped[str | None] = encrypted("credential")
    """Under a key of its own below the tenant's."""
    secret_set_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    check: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, info=not_personal)
    """What the last look found: `{"problems": [codes], "seen": text}`."""
    checked_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """None: not looked at since it was last changed."""
    turned_on_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=not_personal)


class OpenIdIdentity(TenantBase):
    """An account at a provider that is a customer's: known by issuer and subject, never by an address."""

    __tablename__ = "portal_identities"
    __table_args__ = (
        Index("uq_portal_identities_subject", "issuer", "subject_index", unique=True),
        Index("ix_portal_identities_person_id", "person_id"),
        Index("ix_portal_identities_provider_id", "provider_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey(OpenIdProvider.id, ondelete="CASCADE"), info=not_personal)
    person_id: Mapped[UUID] = mapped_column(info=not_personal)
    """Whose it was when it was linked; a merged person's rows keep theirs."""
    issuer: Mapped[str] = mapped_column(info=not_personal)
    """As the tokens name it: where one provider speaks for many directories, theirs."""
    subject: Mapped[str] = encrypted("identity", index="subject_index", owner="person_id")
    subject_index: Mapped[bytes] = blind_index("subject")
    email: Mapped[str | None] = encrypted("contact", owner="person_id")
    """What the provider called them when it was linked, so that they know the account again."""
    how: Mapped[str] = mapped_column(info=personal("technical"))
    """What proved that both are one: `mailbox`, `provider` (which speaks for the mailbox), or `session`."""
    linked_at: Mapped[datetime] = mapped_column(default=now, info=personal("technical"))
    used_at: Mapped[datetime | None] = mapped_column(info=personal("technical"))


class OpenIdFlow(TenantBase):
    """A browser that was sent to a provider and has not come back. Nothing in it helps whoever reads it."""

    __tablename__ = "portal_flows"
    __table_args__ = (
        Index("uq_portal_flows_state_hash", "state_hash", unique=True),
        Index("ix_portal_flows_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey(OpenIdProvider.id, ondelete="CASCADE"), info=not_personal)
    state_hash: Mapped[bytes] = mapped_column(info=personal("credential"))
    browser_hash: Mapped[bytes] = mapped_column(info=personal("credential"))
    """Of the secret in the browser's cookie, from which nonce and code verifier are made."""
    person_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    """Who is signed in and links another account; nobody where somebody signs in."""
    onward: Mapped[str] = mapped_column(default="", info=not_personal)
    """The page that they were on their way to: a path of this host."""
    expires_at: Mapped[datetime] = mapped_column(info=not_personal)
    spent_at: Mapped[datetime | None] = mapped_column(info=not_personal)


__all__ = ["OpenIdFlow", "OpenIdIdentity", "OpenIdProvider"]
