"""The registry of public events: what tenants' programs may hear of, and in which words and fields.

A domain declares its public events beside its domain events; the composition roots hand all tables to `configure`.
A payload holds ids, codes and numbers, never personal data: whoever may know more asks the API with the ids. Its
`version` rises when a field is renamed, removed or changes its meaning; a new field is no new version.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, Protocol
from uuid import UUID

import orjson

from infra.events import DomainEvent, RecordedEvent
from infra.i18n import N_

SUBJECT = ""
"""As the source of a field: the id that the event is about."""

SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "id": {"type": "string", "format": "uuid"},
    "id or null": {"type": ["string", "null"], "format": "uuid"},
    "number": {"type": "integer"},
    "code": {"type": "string"},
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a payload's `data`, and the field of the domain event that fills it."""

    name: str
    type: Literal["id", "id or null", "number", "code"]
    source: str
    words: str
    example: str | int


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """A kind of event that tenants can subscribe to. `event` is the domain event it tells of."""

    name: str
    event: type[DomainEvent]
    sentence: str
    fields: tuple[Field, ...]
    version: int = 1

    def payload(self, recorded: RecordedEvent) -> str:
        """The body of the message, the same bytes for the same event."""
        values = {**recorded.data, SUBJECT: str(recorded.subject)}
        return self._body(recorded.occurred_at, {field.name: values[field.source] for field in self.fields})

    def example(self) -> str:
        """A body as it could be."""
        return self._body(EXAMPLE_AT, {field.name: field.example for field in self.fields})

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the body."""
        data = {field.name: {**SCHEMAS[field.type], "description": field.words} for field in self.fields}
        return {
            "type": "object",
            "required": ["type", "version", "timestamp", "data"],
            "properties": {
                "type": {"const": self.name},
                "version": {"const": self.version},
                "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
                "data": {"type": "object", "required": list(data), "properties": data},
            },
        }

    def _body(self, at: datetime, data: Mapping[str, Any]) -> str:
        moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return orjson.dumps(
            {"type": self.name, "version": self.version, "timestamp": moment, "data": data}
        ).decode()


class Telling(Protocol):
    """Makes events that begin with the same fields."""

    def __call__(self, name: str, of: type[DomainEvent], sentence: str, *more: Field) -> PublicEvent:
        """One of them, with what it tells beyond that."""


def telling(*first: Field) -> Telling:
    """Makes the events about one kind of thing, which all begin with these fields.

    `telling(TASK)("task.added", TaskAdded, N_("Somebody has a new task."), OWNER)`
    """

    def event(name: str, of: type[DomainEvent], sentence: str, *more: Field) -> PublicEvent:
        return PublicEvent(name, of, sentence, (*first, *more))

    return event


EXAMPLE_AT = datetime(2026, 3, 4, 17, 42, 10, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTested(DomainEvent):
    """Somebody asked for a test event. Never recorded: its delivery is made at once."""

    kind: ClassVar[str] = "tenants.webhook_tested"


TEST = PublicEvent(
    "webhook.test",
    WebhookTested,
    N_("Somebody asked for a test of this webhook."),
    (Field("webhook_id", "id", SUBJECT, "The webhook that is tested.", "0192f0e0-4c1d-7a52-9f11-6b1f6f0a7c11"),),
)
"""Sent on request only, whatever an endpoint has subscribed to, and never tried twice."""


class Catalogue:
    """The public events of this process."""

    def __init__(self, *tables: Iterable[PublicEvent]) -> None:
        self.events: Sequence[PublicEvent] = tuple(event for table in tables for event in table)
        self.by_name = {event.name: event for event in (*self.events, TEST)}
        self._by_kind = {event.event.kind: event for event in self.events}
        if len(self.by_name) != len(self.events) + 1 or len(self._by_kind) != len(self.events):
            raise ValueError("two public events have one name, or tell of one domain event")

    @property
    def names(self) -> list[str]:
        """What an endpoint can subscribe to."""
        return [event.name for event in self.events]

    def find(self, kind: str) -> PublicEvent | None:
        """The public event that tells of a kind of domain event."""
        return self._by_kind.get(kind)


_catalogue = Catalogue()


def configure(catalogue: Catalogue) -> None:
    """Called once by each composition root."""
    global _catalogue
    _catalogue = catalogue


def configured() -> Catalogue:
    """The catalogue of this process."""
    return _catalogue


def message_id(event_id: UUID) -> str:
    """The `webhook-id` of an event's message: the same for every attempt and replay."""
    return f"msg_{event_id.hex}"
