"""Between which numbers a thing can lie."""

from collections.abc import Iterator

from surveys.definition.asked import Register
from surveys.definition.circles import in_order
from surveys.definition.model import Constant, Operand, Question, QuestionOperand, Term, Variable, VariableOperand

Range = tuple[float, float]

MOST = 1e12
UNKNOWN: Range = (-MOST, MOST)
NOTHING: Range = (0, 0)
SLACK = 0.001
"""For what rounding each term may add."""


def range_of(thing: Operand, things: Register) -> Range:
    """The least and the largest number that the thing can be."""
    if isinstance(thing, VariableOperand):
        if things.ranges is None:
            things.ranges = _of_variables(things)
        return things.ranges.get(thing.id, UNKNOWN)
    if isinstance(thing, QuestionOperand):
        question = things.question(thing)
        if question is not None and question.kind.scale(question):
            return question.scale[0], question.scale[-1]
        if question is not None and question.kind.value == "number":
            least, most = question.lowest, question.highest
            return UNKNOWN[0] if least is None else least, UNKNOWN[1] if most is None else most
    return UNKNOWN


def _of_variables(things: Register) -> dict[str, Range]:
    found: dict[str, Range] = {}
    for variable in in_order(tuple(things.variables.values())):
        found[variable.id] = _bounded(_of_variable(variable, things, found))
    return found


def _of_variable(variable: Variable, things: Register, known: dict[str, Range]) -> Range:
    low = high = variable.start
    for least, most in _of_terms(variable, things, known):
        low, high = low + least - SLACK, high + most + SLACK
    return low, high


def _of_terms(variable: Variable, things: Register, known: dict[str, Range]) -> Iterator[Range]:
    for term in variable.terms:
        least, most = sorted(bound * term.times for bound in _amount(term, things, known))
        certain = isinstance(term.add, Constant) and term.when is None
        yield (least, most) if certain else (min(0, least), max(0, most))


def _amount(term: Term, things: Register, known: dict[str, Range]) -> Range:
    add = term.add
    if isinstance(add, Constant):
        number = add.value if isinstance(add.value, int | float) else 0
        return number, number
    if isinstance(add, VariableOperand):
        return known.get(add.id, NOTHING)
    question = things.question(add) if isinstance(add, QuestionOperand) else None
    if question is not None and question.kind.value in ("code", "codes"):
        return _points(question)
    return range_of(add, things)


def _points(question: Question) -> Range:
    """One option's points, or those of all that add or take away."""
    points = [option.points for option in question.options]
    if question.kind.value == "code":
        return min([0, *points]), max([0, *points])
    return sum(one for one in points if one < 0), sum(one for one in points if one > 0)


def _bounded(found: Range) -> Range:
    return max(-MOST, found[0]), min(MOST, found[1])
