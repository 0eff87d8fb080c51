"""Facts about segments that others may react to. Ids only."""

from dataclasses import dataclass
from typing import ClassVar

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentAdded(DomainEvent):
    """There is a new segment; a frozen one may still be filling. `subject` is the segment."""

    kind: ClassVar[str] = "customers.segment_added"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentChanged(DomainEvent):
    """Its name or rule changed, it was filled, or it went into the archive or came back."""

    kind: ClassVar[str] = "customers.segment_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDeleted(DomainEvent):
    """It is gone for good; the people in it are as they were."""

    kind: ClassVar[str] = "customers.segment_deleted"
