"""Columns that other parts of the register bring, such as consent: checked with the row, applied with its batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.permissions import Actor


@dataclass(frozen=True, slots=True)
class Extra:
    """A further meaning of a column. `check` raises `values.Unfit`; `apply` gets (person, value) of one batch, in
    its transaction, and must do nothing the second time.
    """

    code: str
    label: str
    check: Callable[[str], Any]
    apply: Callable[[Session, Sequence[tuple[UUID, Any]], Actor], None]


_extras: dict[str, Extra] = {}


def configure(*extras: Extra) -> None:
    """Called once by each composition root."""
    _extras.clear()
    _extras.update({each.code: each for each in extras})


def extras() -> Mapping[str, Extra]:
    """All of them by code."""
    return dict(_extras)
