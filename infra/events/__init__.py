"""Facts between siblings: recorded with the change itself, delivered to each reaction exactly once in effect.

An event is a row written in the same transaction as what it tells of. The dispatcher turns it into one delivery
per reaction, and each delivery is taken in the transaction in which its reaction does its work.
"""

from infra.events.facts import DomainEvent, RecordedEvent, record, record_all
from infra.events.reactions import Reaction, Reactions
from infra.events.signals import signal

__all__ = ["DomainEvent", "Reaction", "Reactions", "RecordedEvent", "record", "record_all", "signal"]
