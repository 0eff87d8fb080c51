"""Facts about interactions. Ids and codes only."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionLogged(DomainEvent):
    """A contact with a customer was logged. `subject` is the interaction."""

    kind: ClassVar[str] = "customers.interaction_logged"
    person: UUID | None
    company: UUID | None
    channel: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionChanged(DomainEvent):
    """What is written about a contact was changed. `subject` is the interaction."""

    kind: ClassVar[str] = "customers.interaction_changed"
    person: UUID | None
    company: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionDeleted(DomainEvent):
    """A contact was taken off the timeline. `subject` was the interaction."""

    kind: ClassVar[str] = "customers.interaction_deleted"
    person: UUID | None
    company: UUID | None
