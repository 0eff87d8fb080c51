"""Facts about what the tenant has decided: topics, contact rules, attributes. Ids and codes only."""

from dataclasses import dataclass
from typing import ClassVar

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChanged(DomainEvent):
    """A topic was added, renamed, archived or restored (`change`). `subject` is the topic."""

    kind: ClassVar[str] = "customers.topic_changed"
    code: str
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRulesChanged(DomainEvent):
    """A part of the contact rules is another. `subject` is the tenant, which has one set of them."""

    kind: ClassVar[str] = "customers.contact_rules_changed"
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChanged(DomainEvent):
    """An attribute was declared, changed, archived or restored (`change`). `subject` is the attribute."""

    kind: ClassVar[str] = "customers.attribute_changed"
    code: str
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewChanged(DomainEvent):
    """A view that staff share was added, changed or deleted (`change`). `subject` is the view."""

    kind: ClassVar[str] = "customers.view_changed"
    change: str
