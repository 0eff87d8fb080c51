"""Facts about tasks. Ids and codes only."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAdded(DomainEvent):
    """Somebody has something to do for a customer. `subject` is the task."""

    kind: ClassVar[str] = "customers.task_added"
    person: UUID | None
    company: UUID | None
    owner: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChanged(DomainEvent):
    """A task has another owner, date or text, or was opened again. `subject` is the task."""

    kind: ClassVar[str] = "customers.task_changed"
    person: UUID | None
    company: UUID | None
    owner: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnded(DomainEvent):
    """A task was done or cancelled. `subject` is the task; `outcome` is empty for a cancelled one."""

    kind: ClassVar[str] = "customers.task_ended"
    person: UUID | None
    company: UUID | None
    state: str
    outcome: str
