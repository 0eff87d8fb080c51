"""What an event is, and how it is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from infra import clock
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
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "subject"}
        return {name: _plain(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as a reaction sees it."""

    id: UUID
    kind: str
    subject: UUID
    data: Mapping[str, Any]
    occurred_at: datetime


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
    """As `record`, for many at once in one statement."""
    if not events:
        return
    moment = clock.now()
    session.execute(
        insert(Event),
        [
            {"id": new_id(), "kind": e.kind, "subject_id": e.subject, "data": e.data(), "occurred_at": moment}
            for e in events
        ],
    )
    signal_after_commit(session)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
