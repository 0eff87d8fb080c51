"""The key store: wrapped keys outside every tenant's schema, reached by login rapport_keys only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import KeyStoreBase


class TenantKey(KeyStoreBase):
    """A tenant's key, wrapped by the master key, and its index key, wrapped by the tenant's key.

    Both are NULL once destroyed; the row stays and says when. The platform's own stand under the nil id.
    """

    __tablename__ = "tenant_keys"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None]
    wrapped_index: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    destroyed_at: Mapped[datetime | None]


class PersonKey(KeyStoreBase):
    """A person's key, wrapped by the tenant's key. NULL once destroyed; the row stays and says when."""

    __tablename__ = "person_keys"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    destroyed_at: Mapped[datetime | None]
