"""Facts that others may react to. Ids only."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAdded(DomainEvent):
    """Somebody was added to the register. `subject` is the person."""

    kind: ClassVar[str] = "customers.person_added"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged(DomainEvent):
    """Identity, company or attributes of a person changed. `subject` is the person."""

    kind: ClassVar[str] = "customers.person_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMerged(DomainEvent):
    """Two turned out to be one. `subject` is the one that is no longer shown, `into` the one that stays."""

    kind: ClassVar[str] = "customers.person_merged"
    into: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonUnmerged(DomainEvent):
    """A merge was taken back. `subject` stands on their own again, apart from `out_of`."""

    kind: ClassVar[str] = "customers.person_unmerged"
    out_of: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErased(DomainEvent):
    """A person's key was destroyed and what was free text deleted. `subject` is the person."""

    kind: ClassVar[str] = "customers.person_erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequested(DomainEvent):
    """A person asked to be erased. `subject` is the person, `request` the request that is open now."""

    kind: ClassVar[str] = "customers.erasure_requested"
    request: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureWithdrawn(DomainEvent):
    """A person took their request to be erased back. `subject` is the person."""

    kind: ClassVar[str] = "customers.erasure_withdrawn"
    request: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyAdded(DomainEvent):
    """A company was added to the register. `subject` is the company."""

    kind: ClassVar[str] = "customers.company_added"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyChanged(DomainEvent):
    """Name, address or attributes of a company changed. `subject` is the company."""

    kind: ClassVar[str] = "customers.company_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyMerged(DomainEvent):
    """Two companies turned out to be one. `subject` is no longer shown, `into` is the one that stays."""

    kind: ClassVar[str] = "customers.company_merged"
    into: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyUnmerged(DomainEvent):
    """A merge of companies was taken back. `subject` stands on its own again, apart from `out_of`."""

    kind: ClassVar[str] = "customers.company_unmerged"
    out_of: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFinished(DomainEvent):
    """A file was imported to its end. `subject` is the import; numbers count rows, and new companies."""

    kind: ClassVar[str] = "customers.import_finished"
    added: int
    updated: int
    skipped: int
    wrong: int
    companies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUndone(DomainEvent):
    """An import was taken back, but for those who were changed since. `subject` is the import."""

    kind: ClassVar[str] = "customers.import_undone"
    left: int
