"""What an event is, and how it is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import insert
from sqlalchemy.orm import Session

from infra import clock
from infra.db.copying import copy
from infra.events.models import Event
from infra.events.signals import signal_after_commit
from infra.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """A fact in the past tense. Fields hold ids, codes and numbers, never personal data.

    Each kind of event derives a frozen dataclass with `kind: ClassVar[str]`.
    """

    kind: ClassVar[str]
    subject: UUID

    def data(self) -> dict[str, Any]:
        """The fields besides the subject, as they are stored."""
        return {name: _plain(getattr(self, name)) for name in _names(type(self))}


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as a reaction sees it."""

    id: UUID
    kind: str
    subject: UUID
    data: Mapping[str, Any]
    occurred_at: datetime


_COLUMNS = ("id", "kind", "subject_id", "data", "occurred_at")
_TYPES = ("uuid", "text", "uuid", "jsonb", "timestamptz")


def record(session: Session, event: DomainEvent) -> UUID:
    """Writes the event in the session's transaction, and wakes the dispatcher after the commit."""
    event_id = new_id()
    session.execute(
        insert(Event).values(
            id=event_id, kind=event.kind, subject_id=event.subject, data=event.data(), occurred_at=clock.now()
        )
    )
    signal_after_commit(session)
    return event_id


def record_all(session: Session, events: Sequence[DomainEvent]) -> None:
    """As `record`, for many at once in one COPY."""
    if not events:
        return
    moment = clock.now()
    rows = ((new_id(), each.kind, each.subject, Jsonb(each.data()), moment) for each in events)
    copy(session, Event.__tablename__, _COLUMNS, _TYPES, rows)
    signal_after_commit(session)


_named: dict[type, tuple[str, ...]] = {}


def _names(kind: type[DomainEvent]) -> tuple[str, ...]:
    """Looked up once for each kind: an import records a hundred thousand."""
    if kind not in _named:
        _named[kind] = tuple(field.name for field in fields(kind) if field.name != "subject")
    return _named[kind]


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
