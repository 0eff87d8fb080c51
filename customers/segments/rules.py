"""The rule of a segment: a tree of groups and conditions, read from JSON that anybody may have sent.

    {"match": "all", "conditions": [
        {"field": "attributes.tier", "operator": "any_of", "value": ["gold"]},
        {"match": "none", "conditions": [{"field": "contacts.any", "operator": "within", "value": 30}]}]}

`parse` checks everything and names each place that is wrong by JSON pointer; what it returns is typed and normal.
Nothing is read deeper than DEPTH and nothing longer than MOST, however deep or long what was sent is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args
from uuid import UUID

from customers import typed, values
from customers.segments.errors import RuleInvalid
from customers.segments.fields import Catalogue, Field, Shape
from customers.values import Unfit
from infra.i18n import N_
from infra.sentences import Sentence

Match = Literal["all", "any", "none"]
DEPTH, MOST, MOST_CODES, LONGEST_TEXT, MOST_DAYS = 5, 50, 100, 200, 36_500

NOT_GROUP = N_("Write a group with “match” and “conditions”, or a condition with “field” and “operator”.")
NO_MATCH = N_("Say whether all, any or none of the conditions must hold.")
NO_LIST = N_("Write a list of conditions.")
EMPTY = N_("Add at least one condition.")
TOO_DEEP = N_("Groups can stand in one another at most %(most)s deep.")
TOO_MANY = N_("A rule can have at most %(most)s conditions.")
UNKNOWN = N_("This is not known here.")
NO_FIELD = N_("There is nothing of this name to ask for.")
NO_OPERATOR = N_("This cannot be asked here.")
NO_VALUE = N_("Fill in a value.")
NEEDLESS = N_("No value belongs here.")
NOT_TEXT = N_("Write this as text.")
NOT_TWO = N_("Write two values, the lower one first.")
NOT_DAYS = N_("Write a whole number of days from 1 to %(most)s.")
NOT_LISTED = N_("Choose one of the listed ones.")
NONE_CHOSEN = N_("Choose at least one.")
TOO_MANY_CODES = N_("Choose at most %(most)s.")


@dataclass(frozen=True, slots=True)
class Condition:
    """One question about a customer."""

    field: str
    operator: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of which all, any or none must hold. One without any holds for everybody."""

    match: Match = "all"
    parts: tuple["Rule", ...] = ()


Rule = Union[Group, Condition]  # noqa: UP007  read by Group before it exists


def parse(raw: Any, fields: Catalogue, *, may_be_empty: bool = False) -> Group:
    """The rule. Raises RuleInvalid with problems by JSON pointer."""
    reader = _Reader(fields)
    found = reader.group(raw, "", 1, may_be_empty)
    if reader.problems:
        raise RuleInvalid(problems=reader.problems)
    assert found is not None
    return found


def load(stored: Mapping[str, Any]) -> Group:
    """A rule that was checked before it was stored."""
    return Group(stored["match"], tuple(_loaded(each) for each in stored["conditions"])) if stored else Group()


def dump(rule: Rule) -> dict[str, Any]:
    """The rule as JSON."""
    if isinstance(rule, Group):
        return {"match": rule.match, "conditions": [dump(each) for each in rule.parts]}
    told = {"field": rule.field, "operator": rule.operator}
    return told if rule.value is None else {**told, "value": rule.value}


def conditions(rule: Rule) -> Iterator[Condition]:
    """Every condition of the tree."""
    if isinstance(rule, Condition):
        yield rule
        return
    for each in rule.parts:
        yield from conditions(each)


def segments_of(rule: Rule) -> set[UUID]:
    """The other segments that a rule asks for."""
    asked = [each for each in conditions(rule) if each.field == "segment"]
    return {UUID(code) for each in asked for code in each.value or ()}


def _loaded(stored: Mapping[str, Any]) -> Rule:
    if "match" in stored:
        return load(stored)
    return Condition(stored["field"], stored["operator"], stored.get("value"))


class _Reader:
    """One reading: what was found wrong so far, and how many conditions there were."""

    def __init__(self, fields: Catalogue) -> None:
        self.fields = fields
        self.problems: dict[str, list[str]] = {}
        self.count = 0

    def group(self, raw: Any, at: str, depth: int, may_be_empty: bool = False) -> Group | None:
        if not isinstance(raw, dict) or not self._known(raw, at, {"match", "conditions"}):
            return self._wrong(at, NOT_GROUP)
        if depth > DEPTH:
            return self._wrong(at, TOO_DEEP, most=DEPTH)
        if not isinstance(raw.get("match"), str) or raw["match"] not in get_args(Match):
            self._wrong(f"{at}/match", NO_MATCH)
        given = raw.get("conditions")
        if not isinstance(given, list):
            return self._wrong(f"{at}/conditions", NO_LIST)
        if not given and not may_be_empty:
            return self._wrong(f"{at}/conditions", EMPTY)
        if len(given) > MOST:
            return self._wrong(f"{at}/conditions", TOO_MANY, most=MOST)
        parts = [self._part(each, f"{at}/conditions/{n}", depth + 1) for n, each in enumerate(given)]
        return Group(raw.get("match", "all"), tuple(each for each in parts if each is not None))

    def _part(self, raw: Any, at: str, depth: int) -> Rule | None:
        if isinstance(raw, dict) and "field" not in raw:
            return self.group(raw, at, depth)
        if not isinstance(raw, dict) or not self._known(raw, at, {"field", "operator", "value"}):
            return self._wrong(at, NOT_GROUP)
        self.count += 1
        if self.count > MOST:
            return self._wrong(at, TOO_MANY, most=MOST) if self.count == MOST + 1 else None
        field = self.fields.get(raw["field"]) if isinstance(raw["field"], str) else None
        if field is None:
            return self._wrong(f"{at}/field", NO_FIELD)
        operator = raw.get("operator")
        if not isinstance(operator, str) or operator not in field.shapes:
            return self._wrong(f"{at}/operator", NO_OPERATOR)
        try:
            return Condition(field.code, operator, value_of(field, field.shapes[operator], raw.get("value")))
        except Unfit as unfit:
            self.problems[f"{at}/value"] = [unfit.sentence]
        return None

    def _known(self, raw: dict[Any, Any], at: str, names: set[str]) -> bool:
        strange = [name for name in raw if name not in names]
        if strange and "match" not in raw and "field" not in raw:
            return False
        for name in strange[:MOST]:
            self._wrong(f"{at}/{name[:LONGEST_TEXT].replace('~', '~0').replace('/', '~1')}", UNKNOWN)
        return True

    def _wrong(self, at: str, sentence: str, **fields: object) -> Group | None:
        """Notes it. There is no rule then, for whoever asks."""
        self.problems.setdefault(at, []).append(Sentence(sentence, **fields))
        return None


def value_of(field: Field, shape: Shape, raw: Any) -> Any:
    """The value of that shape, typed. Raises Unfit."""
    if shape == "":
        if raw not in (None, "", []):
            raise Unfit(NEEDLESS)
        return None
    if raw is None or raw == "":
        raise Unfit(NO_VALUE)
    if shape == "text":
        return _text(raw)
    if shape in ("numbers", "days"):
        return _two(raw, _number if shape == "numbers" else typed.day)
    if shape == "codes":
        return _codes(field, raw)
    if shape == "count":
        return _count(raw)
    return {"number": _number, "day": typed.day, "truth": typed.truth}[shape](raw)


def _number(raw: Any) -> int | float:
    if isinstance(raw, int) and abs(raw) >= 10**typed.MOST_DIGITS:  # Python refuses to write very long ones
        raise Unfit(typed.LONG_NUMBER, most=typed.MOST_DIGITS)
    return typed.number(raw)


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise Unfit(NOT_TEXT)
    if len(raw) > LONGEST_TEXT:
        raise Unfit(values.TOO_LONG, most=LONGEST_TEXT)
    found = values.line(raw, LONGEST_TEXT)
    if not found:
        raise Unfit(NO_VALUE)
    return found


def _two(raw: Any, read: Any) -> list[Any]:
    if not isinstance(raw, list) or len(raw) != 2 or any(each in (None, "") for each in raw):
        raise Unfit(NOT_TWO)
    low, high = read(raw[0]), read(raw[1])
    if low > high:
        raise Unfit(NOT_TWO)
    return [low, high]


def _count(raw: Any) -> int:
    """A whole number of days."""
    text = raw.strip() if isinstance(raw, str) else str(raw) if type(raw) is int and abs(raw) < 10**6 else ""
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 1 <= int(text) <= MOST_DAYS:
        raise Unfit(NOT_DAYS, most=MOST_DAYS)
    return int(text)


def _codes(field: Field, raw: Any) -> list[str]:
    given = raw if isinstance(raw, list) else [raw]
    if not given:
        raise Unfit(NONE_CHOSEN)
    if len(given) > MOST_CODES:
        raise Unfit(TOO_MANY_CODES, most=MOST_CODES)
    codes = list(dict.fromkeys(_text(each) for each in given))
    if field.check is not None:
        return list(field.check(codes))
    if not set(codes) <= {code for code, _ in field.choices}:
        raise Unfit(NOT_LISTED)
    return codes
