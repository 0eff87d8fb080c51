"""Facts about a workspace that other domains react to."""

from dataclasses import dataclass
from typing import ClassVar

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneChanged(DomainEvent):
    """The workspace counts its days in another zone from now on. The subject is the tenant."""

    kind: ClassVar[str] = "tenants.zone_changed"
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderDomainVerified(DomainEvent):
    """Mail may come from a domain: its key was found in DNS. `subject` is the domain."""

    kind: ClassVar[str] = "tenants.sender_domain_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderDomainLost(DomainEvent):
    """Mail comes from a domain no longer: its key is gone from DNS. `subject` is the domain."""

    kind: ClassVar[str] = "tenants.sender_domain_lost"
