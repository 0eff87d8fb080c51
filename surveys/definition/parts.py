"""Putting parts with ids in order: blocks in a survey, questions in a block, options in a question."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from infra.errors import NotFound
from surveys.wording import N_


class PartNotFound(NotFound):
    """The definition has no block, question or option of this id."""

    code = "survey_part_not_found"
    message = N_("The survey has no such part. It may have been removed in the meantime.")


class Part(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str: ...


P = TypeVar("P", bound=Part)


def place_of(parts: Sequence[P], part_id: str) -> int:
    """The position of the part, or PartNotFound."""
    for index, part in enumerate(parts):
        if part.id == part_id:
            return index
    raise PartNotFound()


def find(parts: Sequence[P], part_id: str) -> P:
    """The part, or PartNotFound."""
    return parts[place_of(parts, part_id)]


def inserted(parts: tuple[P, ...], part: P, at: int | None) -> tuple[P, ...]:
    """With the part at the position; None is the end, and what lies outside is brought inside."""
    place = len(parts) if at is None else max(0, min(at, len(parts)))
    return (*parts[:place], part, *parts[place:])


def removed(parts: tuple[P, ...], part_id: str) -> tuple[P, ...]:
    """Without the part."""
    place = place_of(parts, part_id)
    return (*parts[:place], *parts[place + 1 :])


def moved(parts: tuple[P, ...], part_id: str, to: int) -> tuple[P, ...]:
    """With the part at the position, counted without it."""
    return inserted(removed(parts, part_id), find(parts, part_id), to)
