"""Facts about a workspace that other domains react to."""

from dataclasses import dataclass
from typing import ClassVar

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneChanged(DomainEvent):
    """The workspace counts its days in another zone from now on. The subject is the tenant."""

    kind: ClassVar[str] = "tenants.zone_changed"
    zone: str
