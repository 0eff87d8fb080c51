"""One or several of the options that the author offers, and perhaps one of the respondent's own."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from infra.i18n import gettext
from surveys.definition.ids import CODE, fresh
from surveys.definition.kinds.base import (
    EQUALITY,
    INCLUSION,
    PRESENCE,
    Answer,
    Kind,
    Read,
    Refused,
    Say,
    Value,
    Words,
    own_options,
    without_defaults,
)
from surveys.definition.options import OTHER, PICTURE_FILE, Option, Picture
from surveys.definition.reader import NO_CODE, Node, Problems, Seen, unique
from surveys.wording import N_

if TYPE_CHECKING:
    from surveys.definition.model import Question

MAX_OPTIONS = 200
MOST_POINTS = 1_000_000
MOST_PIXELS = 10_000
_PICTURE_FILE = re.compile(PICTURE_FILE, re.ASCII)
NO_FILE = N_("This must be the file of a picture that was uploaded.")

NO_OPTION = N_("Please choose one of the options.")
TOO_FEW = N_("Please choose at least %(least)s.")
TOO_MANY = N_("Please choose at most %(most)s.")
CODE_CHANGED = N_("This option was already published with the code “%(code)s”, which answers are stored under.")
CODE_REUSED = N_("This code was already published for another option. Choose a new one.")


class Choice(Kind):
    """One option."""

    settings: tuple[str, ...] = ("options", "other", "shuffle")
    remark = OTHER
    operators = EQUALITY | PRESENCE
    value: ClassVar[Value] = "code"
    has_options = True

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        other = node.at("other")
        return {
            "options": read_options(node.at("options"), seen),
            "other": None if other.missing else other.text(seen.languages),
            "shuffle": node.at("shuffle").boolean(),
        }

    def dump(self, question: "Question") -> dict[str, Any]:
        other = {} if question.other is None else {"other": dict(question.other)}
        shuffle = {"shuffle": True} if question.shuffle else {}
        return {"options": dump_options(question.options), **other, **shuffle}

    def texts(self, question: "Question") -> Iterator[Words]:
        if question.other is not None:
            yield Words("/other", question.other, needed=True)
        yield from own_options(question.options)

    def check(self, pointer: str, question: "Question", problems: Problems) -> None:
        if len(question.codes) < 2:
            problems.add(f"{pointer}/options", N_("A choice needs at least two options."))

    def compare(self, pointer: str, old: "Question", new: "Question", problems: Problems) -> None:
        compare_codes(f"{pointer}/options", old.options, new.options, problems)

    def start(self, taken: set[str]) -> dict[str, Any]:
        first = fresh("o", taken)
        return {"options": (Option(first, "option_1", {}), Option(fresh("o", {*taken, first}), "option_2", {}))}

    def may_remark(self, question: "Question") -> bool:
        return question.other is not None

    def remarks(self, question: "Question", value: Answer) -> bool:
        chosen = value == OTHER or (isinstance(value, tuple) and OTHER in value)
        return chosen and question.other is not None

    def codes(self, question: "Question") -> tuple[str, ...]:
        own = (OTHER,) if question.other is not None else ()
        return tuple(option.code for option in question.options) + own

    def reader(self, question: "Question") -> Read:
        codes = frozenset(question.codes)

        def read(raw: Any, language: str) -> Answer | None:
            if raw is None or raw == "":
                return None
            if isinstance(raw, str) and raw in codes:
                return raw
            raise Refused(NO_OPTION)

        return read

    def accepts(self, question: "Question", value: float | str | bool) -> bool:
        return isinstance(value, str) and value in question.codes

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        named = {option.code: say(option.text) for option in question.options}
        codes = stored if isinstance(stored, list) else [stored]
        other = (say(question.other) if question.other else "") or gettext("Other")
        return ", ".join(named.get(code) or (other if code == OTHER else str(code)) for code in codes)


class Choices(Choice):
    """Several options, at least and at most so many."""

    settings: tuple[str, ...] = ("options", "other", "shuffle", "min_choices", "max_choices")
    operators = INCLUSION | PRESENCE
    value = "codes"

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        lowest, highest = (node.at(name).integer(0, MAX_OPTIONS) for name in ("min_choices", "max_choices"))
        if highest and lowest > highest:
            node.at("min_choices").complain(N_("The lower bound is above the upper bound."))
        return {**super().read(node, seen), "min_choices": lowest, "max_choices": highest}

    def dump(self, question: "Question") -> dict[str, Any]:
        bounds = {"min_choices": question.min_choices, "max_choices": question.max_choices}
        return {**super().dump(question), **without_defaults(bounds, min_choices=0, max_choices=0)}

    def check(self, pointer: str, question: "Question", problems: Problems) -> None:
        super().check(pointer, question, problems)
        offered = len(question.codes)
        for name in ("min_choices", "max_choices"):
            if getattr(question, name) > offered:
                problems.add(f"{pointer}/{name}", N_("There are only %(offered)s options."), offered=offered)

    def reader(self, question: "Question") -> Read:
        order = {code: place for place, code in enumerate(question.codes)}
        least, most = question.min_choices, question.max_choices or len(order)

        def read(raw: Any, language: str) -> Answer | None:
            if raw is None or raw == "" or raw == []:
                return None
            chosen = [raw] if isinstance(raw, str) else raw
            if not isinstance(chosen, list | tuple) or len(chosen) > len(order):
                raise Refused(NO_OPTION)
            if not all(isinstance(code, str) and code in order for code in chosen):
                raise Refused(NO_OPTION)
            once = sorted(set(chosen), key=order.__getitem__)
            if len(once) < least:
                raise Refused(TOO_FEW, least=least)
            if len(once) > most:
                raise Refused(TOO_MANY, most=most)
            return tuple(once)

        return read


def read_options(node: Node, seen: Seen) -> tuple[Option, ...]:
    """The options at a place, with codes that are unique there."""
    codes: set[str] = {OTHER}
    made = []
    for item in node.items(MAX_OPTIONS):
        if item.fields(["id", "code", "text"], ["points", "fixed", "picture"]):
            code = unique(item.at("code"), item.at("code").string(CODE, NO_CODE), codes)
            points, fixed = item.at("points").number(MOST_POINTS), item.at("fixed").boolean()
            words, picture = item.at("text").text(seen.languages), _read_picture(item.at("picture"), seen)
            made.append(Option(seen.id(item.at("id"), "o_"), code, words, points, fixed, picture))
    return tuple(made)


def _read_picture(node: Node, seen: Seen) -> Picture | None:
    if node.missing or node.value is None or not node.fields(["file", "width", "height"], ["alt"]):
        return None
    return Picture(
        node.at("file").string(_PICTURE_FILE, NO_FILE),
        width=node.at("width").integer(1, MOST_PIXELS, 1),
        height=node.at("height").integer(1, MOST_PIXELS, 1),
        alt=node.at("alt").text(seen.languages),
    )


def _dump_option(option: Option) -> dict[str, Any]:
    made: dict[str, Any] = {"id": option.id, "code": option.code, "text": dict(option.text)}
    made |= without_defaults({"points": option.points, "fixed": option.fixed}, points=0, fixed=False)
    if option.picture is None:
        return made
    shown = option.picture
    size = {"file": shown.file, "width": shown.width, "height": shown.height}
    return {**made, "picture": {**size, **without_defaults({"alt": dict(shown.alt)})}}


def dump_options(options: tuple[Option, ...]) -> list[dict[str, Any]]:
    """The options as JSON."""
    return [_dump_option(option) for option in options]


def compare_codes(pointer: str, old: tuple[Option, ...], new: tuple[Option, ...], problems: Problems) -> None:
    """A code keeps its option and an option its code, for answers are stored under it."""
    codes = {option.id: option.code for option in old}
    owners = {option.code: option.id for option in old}
    for index, option in enumerate(new):
        place = f"{pointer}/{index}/code"
        if codes.get(option.id, option.code) != option.code:
            problems.add(place, CODE_CHANGED, code=codes[option.id])
        elif owners.get(option.code, option.id) != option.id:
            problems.add(place, CODE_REUSED)
