"""What staff own, so that somebody takes it over when they go.

Each domain says here what of its things belongs to a member of staff; the list is composed in `web.registries`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Owned:
    """One sort of thing: its name in forms, its word for people, how many there are, and how they change hands."""

    name: str
    words: str
    """A catalogue message such as N_("Surveys")."""
    count: Callable[[Session, UUID], int]
    hand_over: Callable[[Session, UUID, UUID], int]
    """`hand_over(session, leaving, heir)`; answers how many things changed hands."""


_kinds: Sequence[Owned] = ()


def configure(kinds: Sequence[Owned]) -> None:
    """Called once when the application is composed."""
    global _kinds
    _kinds = kinds


def kinds() -> Sequence[Owned]:
    """Every sort of thing that can be owned, as composed."""
    return _kinds


def counts(session: Session, member_id: UUID) -> list[tuple[Owned, int]]:
    """What somebody owns; sorts of which they own nothing are left out."""
    found = ((kind, kind.count(session, member_id)) for kind in _kinds)
    return [(kind, number) for kind, number in found if number]


def hand_over(session: Session, leaving: UUID, heirs: Mapping[str, UUID]) -> dict[str, int]:
    """Gives each sort of thing to its heir (by the sort's name); answers how many of each changed hands."""
    return {kind.name: kind.hand_over(session, leaving, heirs[kind.name]) for kind in _kinds if kind.name in heirs}
