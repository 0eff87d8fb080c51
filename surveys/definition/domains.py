"""Whether comparisons about one thing can hold together, by the values that it can have.

Where little is known about a thing, everything is taken for possible: what is called a contradiction is one.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from surveys.definition.asked import Register
from surveys.definition.kinds.base import INCLUSION, PRESENCE
from surveys.definition.model import (
    Asked,
    Comparison,
    Constant,
    HiddenOperand,
    LanguageOperand,
    Question,
    QuestionOperand,
)
from surveys.definition.ranges import range_of
from surveys.definition.values import COMPARE

Values = frozenset[float | str | bool]


def can_agree(thing: Asked, tests: Sequence[Comparison], things: Register) -> bool:
    """Whether one value of the thing satisfies all comparisons with constants, or its absence does."""
    if any(test.operator == "unanswered" for test in tests):
        return all(test.operator == "unanswered" for test in tests)
    question = things.question(thing) if isinstance(thing, QuestionOperand) else None
    if question is not None and question.kind.value == "codes":
        return _lists_agree(question, tests)
    values = possible(thing, tests, things)
    return values is None or bool(values)


def possible(thing: Asked, tests: Iterable[Comparison], things: Register) -> Values | None:
    """The values that satisfy the comparisons with constants; some stand for all numbers. None: unknown."""
    constants = [(test.operator, test.right.value) for test in tests if isinstance(test.right, Constant)]
    values = _values(thing, constants, things)
    if values is None:
        return None
    return frozenset(
        value for value in values if all(COMPARE[operator](value, right) for operator, right in constants)
    )


def _values(
    thing: Asked, constants: Sequence[tuple[str, object]], things: Register
) -> Iterable[float | str | bool] | None:
    if isinstance(thing, LanguageOperand):
        return things.languages
    if isinstance(thing, QuestionOperand):
        question = things.question(thing)
        if question is not None and question.kind.scale(question):
            return question.kind.scale(question)
        if question is not None and question.kind.value in ("code", "boolean"):
            return question.codes if question.kind.value == "code" else (True, False)
        if question is not None and question.kind.value == "moment":
            return _moments(question, constants)
    if things.is_number(thing):
        return _numbers(constants, range_of(thing, things))
    if isinstance(thing, HiddenOperand):
        listed = things.hidden[thing.code].values
        return listed or _strings(constants)
    return None


def _numbers(constants: Sequence[tuple[str, object]], bounds: tuple[float, float]) -> set[float]:
    """Every number named, one beside and between them: what holds of all these holds of every number."""
    low, high = bounds
    named = sorted({low, high, *(number for _, value in constants for number in _named(value))})
    between = [(one + other) / 2 for one, other in pairwise(named)]
    return {number for number in (*named, *between) if low <= number <= high}


def _moments(question: Question, constants: Sequence[tuple[str, object]]) -> set[str] | None:
    """Every moment named and its neighbours: one that nobody named lies beside one of them. None when none is."""
    bounds = [each for each in (question.earliest, question.latest) if each and not each.startswith("today")]
    named = [item for _, value in constants for item in (value if isinstance(value, tuple) else (value,))]
    edges = [each + edge for each in bounds for edge in ("", "T00:00", "T23:59")]
    found = {moment for each in (*edges, *named) for moment in question.kind.around(str(each))}
    low, high = (each if each in bounds else "" for each in (question.earliest, question.latest))
    fitting = {each for each in found if low <= each and (not high or each[: len(high)] <= high)}
    return fitting if named else None


def _named(value: object) -> list[float]:
    items = value if isinstance(value, tuple) else (value,)
    return [item for item in items if isinstance(item, int | float) and not isinstance(item, bool)]


def _strings(constants: Sequence[tuple[str, object]]) -> set[str]:
    """Every text named, and one that nobody named."""
    items = [item for _, value in constants for item in (value if isinstance(value, tuple) else (value,))]
    return {"\x00", *(item for item in items if isinstance(item, str))}


def _lists_agree(question: Question, tests: Sequence[Comparison]) -> bool:
    """Whether some choice of options has what it must, and nothing that it must not."""
    asked = {operator: _codes(tests, operator) for operator in INCLUSION}
    barred = {code for codes in asked["includes_none"] for code in codes}
    must = {code for codes in asked["includes_all"] for code in codes}
    allowed = set(question.codes) - barred
    most = question.max_choices or len(question.codes)
    if must & barred or len(must) > most or len(allowed) < max(1, question.min_choices):
        return False
    open_ = [set(codes) & allowed for codes in asked["includes_any"] if not must & set(codes)]
    return all(open_) and (not open_ or len(must) < most)


def _codes(tests: Sequence[Comparison], operator: str) -> list[tuple[object, ...]]:
    return [
        test.right.value
        for test in tests
        if test.operator == operator and isinstance(test.right, Constant) and isinstance(test.right.value, tuple)
    ]


def pair_can_agree(test: Comparison, left: Values | None, right: Values | None) -> bool:
    """Whether a comparison of two things can hold, given what is possible for each."""
    if left is None or right is None or test.operator in PRESENCE:
        return True
    return any(COMPARE[test.operator](one, other) for one in left for other in right)
