"""Numbers: typed as people write them, or chosen on a slider."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from infra.i18n import format_number, gettext, separators
from surveys.definition.kinds.base import (
    EQUALITY,
    ORDER,
    PRESENCE,
    Answer,
    Cell,
    Kind,
    Read,
    Refused,
    Say,
    Words,
    without_defaults,
)
from surveys.definition.kinds.decimals import MOST_DIGITS, NotNumber, as_number, read_decimal, written
from surveys.definition.kinds.scores import POINTS, Score
from surveys.definition.reader import Node, Problems, Seen
from surveys.wording import N_

if TYPE_CHECKING:
    from surveys.definition.model import Question

LARGEST = 10**12
MOST_DECIMALS = 6
MOST_POINTS = 1_001
"""Points of a slider: each is counted by itself."""
COARSEST = 1_000_000

NO_NUMBER = N_("Please enter a number, such as %(example)s.")
NO_WHOLE = N_("Please enter a whole number.")
TOO_LOW = N_("Please enter %(least)s or more.")
TOO_HIGH = N_("Please enter %(most)s or less.")
TOO_FINE = N_("Please enter at most %(decimals)s decimal places.")
BACKWARDS = N_("The lower bound is above the upper bound.")
TOO_MANY_POINTS = N_("A slider has 2 to 1,001 points. Choose a larger step or a shorter range.")
UNIT = N_("This question was already published with another unit. Remove it and add a new question instead.")
NO_SLIDER = N_("Please choose a number from %(low)s to %(high)s in steps of %(step)s.")


class Number(Kind):
    """A number with bounds and a unit. It is stored as text in canonical form: `12.5`, never rounded."""

    settings: tuple[str, ...] = ("lowest", "highest", "decimals", "unit")
    stored = "texts"
    value = "number"
    operators = EQUALITY | ORDER | PRESENCE

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        lowest, highest = (node.at(name).bound(LARGEST) for name in ("lowest", "highest"))
        if lowest is not None and highest is not None and lowest > highest:
            node.at("lowest").complain(BACKWARDS)
        return {
            "lowest": lowest,
            "highest": highest,
            "decimals": node.at("decimals").integer(0, MOST_DECIMALS),
            "unit": node.at("unit").text(seen.languages),
        }

    def dump(self, question: "Question") -> dict[str, Any]:
        q = question
        fields = {"lowest": q.lowest, "highest": q.highest, "decimals": q.decimals, "unit": dict(q.unit)}
        return without_defaults(fields, decimals=0)

    def texts(self, question: "Question") -> Iterator[Words]:
        yield Words("/unit", question.unit)

    def compare(self, pointer: str, old: "Question", new: "Question", problems: Problems) -> None:
        compare_units(pointer, old, new, problems)

    def reader(self, question: "Question") -> Read:
        lowest, highest, decimals = question.lowest, question.highest, question.decimals

        def read(raw: Any, language: str) -> Answer | None:
            if raw is None or raw == "":
                return None
            found = _decimal(raw, language, decimals)
            if found is None:
                return None
            if -int(found.as_tuple().exponent) > decimals:
                raise Refused(NO_WHOLE) if not decimals else Refused(TOO_FINE, decimals=decimals)
            if lowest is not None and found < as_decimal(lowest):
                raise Refused(TOO_LOW, least=as_decimal(lowest))
            if found > as_decimal(LARGEST if highest is None else highest):
                raise Refused(TOO_HIGH, most=as_decimal(LARGEST if highest is None else highest))
            if found < -LARGEST:
                raise Refused(TOO_LOW, least=as_decimal(-LARGEST))
            return as_number(found)

        return read

    def store(self, value: Answer) -> Any:
        return plain(value)

    def load(self, stored: Any) -> Answer:
        return as_number(Decimal(str(stored)))

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        said = format_number(Decimal(str(stored)), len(str(stored).partition(".")[2]))
        unit = say(question.unit)
        return f"{said} {unit}" if unit else said

    def columns(self, question: "Question") -> tuple[Cell, ...]:
        return (Cell("", lambda stored: None if stored is None else self.load(stored)),)

    def accepts(self, question: "Question", value: float | str | bool) -> bool:
        return not isinstance(value, bool | str)


class Slider(Score):
    """A point of a range in even steps. Unlike a number it is counted point by point."""

    settings = ("low_label", "high_label", "lowest", "highest", "step", "unit")

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        lowest = node.at("lowest").integer(-COARSEST, COARSEST, 0)
        highest = node.at("highest").integer(-COARSEST, COARSEST, 100)
        step = node.at("step").integer(1, COARSEST, 1)
        points = len(range(lowest, highest + 1, step))
        if lowest >= highest:
            node.at("lowest").complain(BACKWARDS)
        elif not 2 <= points <= MOST_POINTS:
            node.at("step").complain(TOO_MANY_POINTS)
        numbers = {"lowest": lowest, "highest": highest, "step": step}
        return {**super().read(node, seen), **numbers, "unit": node.at("unit").text(seen.languages)}

    def dump(self, question: "Question") -> dict[str, Any]:
        q = question
        return {
            **super().dump(q),
            **{"lowest": q.lowest, "highest": q.highest, "step": q.step},
            **without_defaults({"unit": dict(q.unit)}),
        }

    def start(self, taken: set[str]) -> dict[str, Any]:
        return {"lowest": 0, "highest": 100, "step": 1}

    def texts(self, question: "Question") -> Iterator[Words]:
        yield from super().texts(question)
        yield Words("/unit", question.unit)

    def compare(self, pointer: str, old: "Question", new: "Question", problems: Problems) -> None:
        if new.scale != old.scale:
            problems.add(f"{pointer}/lowest", POINTS)
        compare_units(pointer, old, new, problems)

    def scale(self, question: "Question") -> range:
        lowest, highest = question.lowest, question.highest
        if not isinstance(lowest, int) or not isinstance(highest, int) or question.step < 1:
            return range(0)  # a form that cannot be saved like this is shown once more
        return range(lowest, highest + 1, question.step)

    def reader(self, question: "Question") -> Read:
        points = question.scale

        def read(raw: Any, language: str) -> Answer | None:
            if raw is None or raw == "":
                return None
            found = raw if type(raw) is int else _whole(raw)
            if found is None or found not in points:
                raise Refused(NO_SLIDER, low=points[0], high=points[-1], step=points.step)
            return found

        return read

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        unit = say(question.unit)
        said = format_number(stored)
        if unit:
            return f"{said} {unit}"
        ends = {"low": format_number(question.scale[0]), "high": format_number(question.scale[-1])}
        return gettext("%(point)s (%(low)s to %(high)s)", point=said, **ends)


def compare_units(pointer: str, old: "Question", new: "Question", problems: Problems) -> None:
    """A unit means something else in another language only where it was not written before."""
    if any(old.unit.get(language, words) != words for language, words in new.unit.items()):
        problems.add(f"{pointer}/unit", UNIT)


def plain(value: Any) -> str:
    """A number as it is stored and compared: digits, a point, no exponent."""
    return written(as_decimal(value))


def as_decimal(value: float) -> Decimal:
    """The number as it is written, not as it is in binary."""
    return Decimal(str(value))


def _decimal(raw: Any, language: str, decimals: int) -> Decimal | None:
    """The typed number; None for blanks. Raises Refused."""
    point, group = separators(language)
    fits = not isinstance(raw, int | float) or abs(raw) <= LARGEST * 10
    if isinstance(raw, bool) or not isinstance(raw, int | float | str) or not fits:
        raise Refused(NO_NUMBER, example="12" if not decimals else f"12{point}5")
    try:
        return read_decimal(raw if isinstance(raw, str) else str(raw), point, group)
    except NotNumber:
        example = f"12{point}5" if decimals else "12"
        raise Refused(NO_NUMBER, example=example) from None


def _whole(raw: Any) -> int | None:
    if not isinstance(raw, str) or len(raw) > 8:
        return None
    digits = raw.removeprefix("-")
    return int(raw) if digits.isascii() and digits.isdecimal() else None


__all__ = ["MOST_DIGITS", "Number", "Slider", "plain"]
