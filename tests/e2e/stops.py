"""A page where the tests that look at all of them stop."""

from dataclasses import dataclass

LONG = (
    "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel: "
    "was unsere Gäste nach der Rückgabe im Hafenamt sagen, 2026"
)
"""A name that no layout was made for."""


@dataclass(frozen=True)
class Stop:
    """A page: what it is called, where it is, and what it answers."""

    name: str
    path: str
    status: int = 200
