"""Facts about what somebody decided in the register. Ids and codes only."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateDismissed(DomainEvent):
    """Two customers, or two companies (`about`), are not the same. `subject` is one of them."""

    kind: ClassVar[str] = "customers.duplicate_dismissed"
    other: UUID
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLinked(DomainEvent):
    """A customer signs in with an account at a provider. `subject` is the customer."""

    kind: ClassVar[str] = "customers.account_linked"
    provider: UUID
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUnlinked(DomainEvent):
    """A customer signs in with an account no longer. `subject` is the customer."""

    kind: ClassVar[str] = "customers.account_unlinked"
    provider: UUID
