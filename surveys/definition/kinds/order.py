"""Options against each other: put in order, or given parts of a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from infra.i18n import format_number
from surveys.definition.kinds.base import (
    PRESENCE,
    REQUIRED,
    Answer,
    Cell,
    Kind,
    Read,
    Refused,
    Say,
    Words,
    own_options,
    without_defaults,
)
from surveys.definition.kinds.choices import Choice, compare_codes, dump_options, read_options
from surveys.definition.kinds.numbers import compare_units
from surveys.definition.kinds.tables import taker
from surveys.definition.options import Option
from surveys.definition.reader import Node, Problems, Seen
from surveys.wording import N_, Sentence

if TYPE_CHECKING:
    from surveys.definition.model import Question

MOST_TOTAL = 1_000
LARGEST_PART = 1_000_000

NO_OBJECT = N_("This must be an object with a number for each option.")
NO_PLACE = N_("Please give each option a place from 1 to %(most)s.")
SAME_PLACE = N_("Please give each place to one option only.")
GAP = N_("Please begin with place 1 and leave no place out.")
ALL_PLACES = N_("Please give all places from 1 to %(most)s.")
NO_PART = N_("Please enter whole numbers of 0 or more.")
WRONG_TOTAL = N_("The numbers must add up to %(total)s. Yours add up to %(sum)s.")
TOO_FEW = N_("There is nothing to compare with one option. Add another one.")
TOO_MANY_PLACES = N_("There are only %(offered)s options.")
TOTAL_CHANGED = N_("This question was already published with another total. Remove it and add a new one instead.")


class Compared(Kind):
    """What ranking and sums have in common: an object by the options' codes."""

    value = "rows"
    operators = PRESENCE
    has_options = True

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        return {"options": read_options(node.at("options"), seen), "shuffle": node.at("shuffle").boolean()}

    def dump(self, question: "Question") -> dict[str, Any]:
        shuffle = {"shuffle": True} if question.shuffle else {}
        return {"options": dump_options(question.options), **shuffle}

    def texts(self, question: "Question") -> Iterator[Words]:
        return own_options(question.options)

    def check(self, pointer: str, question: "Question", problems: Problems) -> None:
        if len(question.options) < 2:
            problems.add(f"{pointer}/options", TOO_FEW)

    def compare(self, pointer: str, old: "Question", new: "Question", problems: Problems) -> None:
        compare_codes(f"{pointer}/options", old.options, new.options, problems)

    def start(self, taken: set[str]) -> dict[str, Any]:
        return Choice("").start(taken)

    def fields(self, question: "Question") -> tuple[str, ...]:
        return tuple(option.code for option in question.options)

    def columns(self, question: "Question") -> tuple[Cell, ...]:
        return tuple(Cell(f".{option.code}", taker(option.code), option.text) for option in question.options)

    def accepts(self, question: "Question", value: float | str | bool) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class Ranking(Compared):
    """Options in an order of preference: the place of each, 1 for the first. Not all need to have one."""

    settings: tuple[str, ...] = ("options", "shuffle", "max_choices")

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        return {**super().read(node, seen), "max_choices": node.at("max_choices").integer(0, 200)}

    def dump(self, question: "Question") -> dict[str, Any]:
        bound = without_defaults({"max_choices": question.max_choices}, max_choices=0)
        return {**super().dump(question), **bound}

    def check(self, pointer: str, question: "Question", problems: Problems) -> None:
        super().check(pointer, question, problems)
        offered = len(question.options)
        if question.max_choices > offered:
            problems.add(f"{pointer}/max_choices", TOO_MANY_PLACES, offered=offered)

    def parts(self, question: "Question") -> tuple["Question", ...]:
        return tuple(_as_slider(question, option, 1, places(question)) for option in question.options)

    def reader(self, question: "Question") -> Read:
        codes, most = tuple(option.code for option in question.options), places(question)

        def read(raw: Any, language: str) -> Answer | None:
            given = numbers_of(raw, codes, NO_PLACE, most)
            if any(not 1 <= place <= most for place in given.values()):
                raise Refused(NO_PLACE, most=most)
            if len(set(given.values())) < len(given):
                raise Refused(SAME_PLACE)
            if given and max(given.values()) > len(given):
                raise Refused(GAP)
            return dict(sorted(given.items(), key=lambda pair: pair[1])) or None

        return read

    def lacking(self, question: "Question", value: Answer | None) -> Sentence | None:
        if not isinstance(value, Mapping):
            return Sentence(REQUIRED)
        most = places(question)
        return None if len(value) >= most else Sentence(ALL_PLACES, most=most)

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        named = {option.code: say(option.text) for option in question.options}
        placed = sorted(stored.items(), key=lambda pair: int(pair[1]))
        return "\n".join(f"{place}. {named.get(code) or code}" for code, place in placed)


class Sum(Compared):
    """Points that are given to options and add up to a total, such as 100."""

    settings: tuple[str, ...] = ("options", "shuffle", "total", "unit")

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        own = {"total": node.at("total").integer(2, MOST_TOTAL, 100), "unit": node.at("unit").text(seen.languages)}
        return {**super().read(node, seen), **own}

    def dump(self, question: "Question") -> dict[str, Any]:
        unit = without_defaults({"unit": dict(question.unit)})
        return {**super().dump(question), "total": question.total, **unit}

    def texts(self, question: "Question") -> Iterator[Words]:
        yield from super().texts(question)
        yield Words("/unit", question.unit)

    def compare(self, pointer: str, old: "Question", new: "Question", problems: Problems) -> None:
        super().compare(pointer, old, new, problems)
        if new.total != old.total:
            problems.add(f"{pointer}/total", TOTAL_CHANGED)
        compare_units(pointer, old, new, problems)

    def parts(self, question: "Question") -> tuple["Question", ...]:
        return tuple(_as_slider(question, option, 0, question.total) for option in question.options)

    def reader(self, question: "Question") -> Read:
        codes, total = tuple(option.code for option in question.options), question.total

        def read(raw: Any, language: str) -> Answer | None:
            given = numbers_of(raw, codes, NO_PART)
            if not given:
                return None
            if any(part < 0 for part in given.values()):
                raise Refused(NO_PART)
            if sum(given.values()) != total:
                raise Refused(WRONG_TOTAL, total=total, sum=sum(given.values()))
            return {code: given.get(code, 0) for code in codes}

        return read

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        unit = say(question.unit)
        told = [
            (say(each.text) or each.code, stored[each.code]) for each in question.options if each.code in stored
        ]
        return "\n".join(f"{name}: {format_number(part)}{' ' + unit if unit else ''}" for name, part in told)


def places(question: "Question") -> int:
    """How many places there are to give."""
    return question.max_choices or len(question.options)


def numbers_of(raw: Any, codes: tuple[str, ...], sentence: str, most: int = 0) -> dict[str, int]:
    """Whole numbers by code, blanks left out. Raises Refused."""
    if raw is None or raw == "":
        return {}
    if not isinstance(raw, Mapping) or not set(raw) <= set(codes):
        raise Refused(NO_OBJECT)
    found: dict[str, int] = {}
    for code in codes:
        given = raw.get(code)
        if isinstance(given, str):
            given = given.strip()
            if given and not (given.isascii() and given.isdecimal() and len(given) <= 6):
                raise Refused(sentence, most=most)
            given = int(given) if given else None
        if given is not None and (type(given) is not int or abs(given) > LARGEST_PART):
            raise Refused(sentence, most=most)
        if given is not None:
            found[code] = given
    return found


def _as_slider(question: "Question", option: Option, lowest: int, highest: int) -> "Question":
    """What one option was given, as a question of its own."""
    return replace(
        question,
        id=f"{question.id}.{option.code}",
        code=option.code,
        type="slider",
        text=option.text,
        options=(),
        shuffle=False,
        lowest=lowest,
        highest=highest,
        step=1,
    )
