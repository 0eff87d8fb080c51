"""Columns that other parts of the register bring, such as consent: checked with the row, applied with its batch,
taken back with the import."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from customers.models import Import
from tenants.permissions import Actor

Given = Sequence[tuple[UUID, Mapping[str, Any]]]
"""People of one batch, each with the values of their row by code."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A family of further meanings of columns; their codes begin with `prefix`.

    `meanings` lists code and label. `check_of` gives what reads a cell and raises `values.Unfit`; None for codes
    of others. `options` says what of an import's options is kept, and raises MappingInvalid. `apply` gets a
    batch in its transaction, `tally` its rows before anything is done; both answer counts by name.
    """

    prefix: str
    meanings: Callable[[Session], Sequence[tuple[str, str]]]
    check_of: Callable[[str], Callable[[str], Any] | None]
    options: Callable[[Sequence[str], Mapping[str, Any]], Mapping[str, Any]]
    apply: Callable[[Session, Import, Given, Actor], Mapping[str, int]]
    tally: Callable[[Mapping[str, Any]], Mapping[str, int]]


_extras: dict[str, Extra] = {}


def configure(*extras: Extra) -> None:
    """Called once by each composition root."""
    _extras.clear()
    _extras.update({each.prefix: each for each in extras})


def extras() -> Mapping[str, Extra]:
    """All of them by prefix."""
    return dict(_extras)


def check_of(code: str) -> Callable[[str], Any] | None:
    """What reads the cells of such a column; None where nobody knows the code."""
    return next((check for each in _extras.values() if (check := each.check_of(code)) is not None), None)


def meanings(session: Session) -> list[tuple[str, str]]:
    """Every code with its label."""
    return [pair for each in _extras.values() for pair in each.meanings(session)]


def added(*counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by name, added up."""
    names = dict.fromkeys(name for each in counts for name in each)
    return {name: sum(int(each.get(name, 0)) for each in counts) for name in names}


def tally(row: Mapping[str, Any]) -> dict[str, int]:
    """What one row would do, by name."""
    return added(*(each.tally(row) for each in _extras.values()))


def apply(session: Session, imported: Import, given: Given, by: Actor) -> dict[str, int]:
    """What a batch did, by name."""
    return added(*(each.apply(session, imported, given, by) for each in _extras.values())) if given else {}
