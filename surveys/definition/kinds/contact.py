"""How somebody can be reached: an e-mail address, a phone number, a postal address.

They are checked as the customer register checks them, and stay words of the response: nothing of it is written
into the register.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from customers import values
from surveys.definition.kinds.base import (
    PRESENCE,
    REQUIRED,
    Answer,
    Cell,
    Kind,
    Read,
    Refused,
    Say,
    without_defaults,
)
from surveys.definition.kinds.plain import NO_TEXT, clean
from surveys.definition.reader import Node, Problems, Seen
from surveys.wording import N_, Sentence

if TYPE_CHECKING:
    from surveys.definition.model import Question

ADDRESS_PARTS = ("street", "extra", "postcode", "city", "region", "country")
"""The parts of a postal address in the order in which they are asked for."""
START = ("street", "postcode", "city", "country")
DISPENSABLE = frozenset({"extra", "region"})
"""What an address is whole without."""
LONGEST_PART = 200

PART_NAMES: Mapping[str, str] = {
    "street": N_("Street and number"),
    "extra": N_("Address line 2"),
    "postcode": N_("Postal code"),
    "city": N_("City"),
    "region": N_("State or region"),
    "country": N_("Country"),
}
"""The questions of an address, for whoever is asked."""

MISSING_PARTS = N_("Please fill in all parts of the address.")
NO_PARTS = N_("Choose at least one part of the address.")
NO_ADDRESS = N_("This must be an object with the parts of the address.")


class Reached(Kind):
    """One line that the customer register knows how to check."""

    stored = "texts"
    value = "text"
    operators = PRESENCE

    def __init__(self, name: str, check: Callable[[str], str]) -> None:
        super().__init__(name)
        self._check = check

    def reader(self, question: "Question") -> Read:
        def read(raw: Any, language: str) -> Answer | None:
            if raw is None or raw == "":
                return None
            if not isinstance(raw, str):
                raise Refused(NO_TEXT)
            try:
                return self._check(raw) or None
            except values.Unfit as unfit:
                raise Refused(unfit.sentence.message, **unfit.sentence.fields) from None

        return read


class Address(Kind):
    """A postal address of the parts that the author chose."""

    settings: tuple[str, ...] = ("parts",)
    stored = "texts"
    value = "parts"
    operators = PRESENCE

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        chosen = {item.one_of(ADDRESS_PARTS) for item in node.at("parts").items(len(ADDRESS_PARTS))}
        return {"parts": tuple(part for part in ADDRESS_PARTS if part in chosen)}

    def dump(self, question: "Question") -> dict[str, Any]:
        return without_defaults({"parts": list(question.parts)})

    def start(self, taken: set[str]) -> dict[str, Any]:
        return {"parts": START}

    def check(self, pointer: str, question: "Question", problems: Problems) -> None:
        if not question.parts:
            problems.add(f"{pointer}/parts", NO_PARTS)

    def fields(self, question: "Question") -> tuple[str, ...]:
        return question.parts

    def reader(self, question: "Question") -> Read:
        parts = question.parts

        def read(raw: Any, language: str) -> Answer | None:
            if raw is None or raw == "":
                return None
            if not isinstance(raw, Mapping) or not set(raw) <= set(parts):
                raise Refused(NO_ADDRESS)
            found = {part: said for part in parts if (said := _line(raw.get(part)))}
            return found or None

        return read

    def lacking(self, question: "Question", value: Answer | None) -> Sentence | None:
        if not isinstance(value, Mapping):
            return Sentence(REQUIRED)
        whole = set(value) | DISPENSABLE
        return None if whole.issuperset(question.parts) else Sentence(MISSING_PARTS)

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        return ", ".join(str(stored[part]) for part in ADDRESS_PARTS if stored.get(part))

    def columns(self, question: "Question") -> tuple[Cell, ...]:
        return tuple(Cell(f".{part}", _taker(part)) for part in question.parts)


def _line(raw: Any) -> str | None:
    """One line of an address; what breaks lines becomes a blank."""
    said = clean(raw, LONGEST_PART)
    return " ".join(said.split()) if said else None


def _taker(part: str) -> Callable[[Any], object]:
    return lambda stored: (stored or {}).get(part)
