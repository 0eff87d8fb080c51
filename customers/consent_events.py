"""Facts about consent and suppression that others may react to. Ids and codes only."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChanged(DomainEvent):
    """Somebody gave or withdrew consent. `subject` is the person, `consent` the row that proves it."""

    kind: ClassVar[str] = "customers.consent_changed"
    consent: UUID
    purpose: str
    channel: str
    topic: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencesChanged(DomainEvent):
    """Somebody wishes messages less often, paused them, or ended either. `subject` is the person."""

    kind: ClassVar[str] = "customers.preferences_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSuppressed(DomainEvent):
    """An address is not written to any more. `subject` is the suppression."""

    kind: ClassVar[str] = "customers.address_suppressed"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionLifted(DomainEvent):
    """An address may be written to again. `subject` is the suppression."""

    kind: ClassVar[str] = "customers.suppression_lifted"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRequested(DomainEvent):
    """A message to somebody will go out, unless something speaks against it when it is made. `subject` is the
    contact. Not told of what was asked for, such as sign-in links, nor one by one of batches."""

    kind: ClassVar[str] = "customers.contact_requested"
    person: UUID
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReported(DomainEvent):
    """A server, a mailbox or SES said what became of a mail to somebody. `subject` is the report."""

    kind: ClassVar[str] = "customers.mail_reported"
    person: UUID
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRefused(DomainEvent):
    """A message was not sent, at the door or when it was to be sent. `subject` is the contact."""

    kind: ClassVar[str] = "customers.contact_refused"
    person: UUID
    purpose: str
    reason: str
