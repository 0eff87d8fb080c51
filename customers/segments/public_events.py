"""What programs outside may hear of segments."""

from customers.segments import events
from infra.events import DomainEvent
from infra.i18n import N_
from tenants.webhooks.catalogue import SUBJECT, Field, PublicEvent

SEGMENT_ID = "0192f0e8-4e66-7c32-93d4-708192a3b4c5"


def _event(name: str, event: type[DomainEvent], sentence: str) -> PublicEvent:
    return PublicEvent(name, event, sentence, (Field("segment_id", "id", SUBJECT, "The segment.", SEGMENT_ID),))


EVENTS = (
    _event("segment.added", events.SegmentAdded, N_("A segment was made.")),
    _event(
        "segment.changed", events.SegmentChanged, N_("A segment was changed, filled, put away or brought back.")
    ),
    _event("segment.deleted", events.SegmentDeleted, N_("A segment was deleted.")),
)
