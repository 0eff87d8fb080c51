"""How a kind of long work is declared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.long_jobs.work import Work


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of long work: what it is called, who may have its result, and the function that does it."""

    name: str
    title: str
    permission: str
    work: "Callable[[Work], None]"
    unit: str = ""
    """What its progress counts, as a plural ("answers"); may be empty."""


_declared: dict[str, Kind] = {}


def kind(name: str, *, title: str, permission: str, unit: str = "") -> "Callable[[Callable[[Work], None]], Kind]":
    """Declares a kind. `title` and `unit` are catalogue messages.

    `permission` is asked for when the work begins and when its result is fetched: what somebody may no longer see
    they no longer get. The module must be imported by the web process and by the worker.
    """

    def declare(function: "Callable[[Work], None]") -> Kind:
        _declared[name] = Kind(name, title, permission, function, unit)
        return _declared[name]

    return declare


def long_job_kind(name: str) -> Kind | None:
    """The kind of that name; None when this process does not know it (a row of an older version)."""
    return _declared.get(name)


def kinds() -> Mapping[str, Kind]:
    """All kinds whose modules were imported."""
    return dict(_declared)
