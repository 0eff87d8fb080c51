"""Who reacts to what. The table is composed in the worker, the only place that sees every domain."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session

from infra.events.facts import DomainEvent, RecordedEvent

Reaction = Callable[[Session, Sequence[RecordedEvent]], None]
"""Does its work for a batch of events in the transaction that ends their deliveries. Raising undoes both."""


class Reactions:
    """The table of reactions, by kind of event and by name."""

    def __init__(self, table: Mapping[type[DomainEvent], Sequence[Reaction]]) -> None:
        self.by_kind: dict[str, list[str]] = {}
        self.by_name: dict[str, Reaction] = {}
        for kind, reactions in table.items():
            for reaction in reactions:
                name = reaction_name(reaction)
                self.by_kind.setdefault(kind.kind, []).append(name)
                self.by_name[name] = reaction

    def names_for(self, kind: str) -> list[str]:
        """The reactions that an event of this kind owes; none is a fact nobody needs to hear."""
        return self.by_kind.get(kind, [])


def reaction_name(reaction: Reaction) -> str:
    """The name under which deliveries remember a reaction: its module and function."""
    return f"{reaction.__module__}.{reaction.__qualname__}"
