"""Facts about mail that came in. Ids and codes only."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMailWaiting(DomainEvent):
    """A mail waits for a person to say whose it is (`state`). `subject` is the mail."""

    kind: ClassVar[str] = "customers.inbound_mail_waiting"
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMailDecided(DomainEvent):
    """A mail that waited is somebody's, or nobody's (`state`). `subject` is the mail."""

    kind: ClassVar[str] = "customers.inbound_mail_decided"
    state: str
    person: UUID | None
