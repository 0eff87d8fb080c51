"""Variables: numbers that follow from the answers so far, computed the same to the last bit everywhere."""

import math
from collections.abc import Mapping
from typing import Any

from surveys.definition import Definition, Operand, QuestionOperand, Variable
from surveys.definition.circles import in_order
from surveys.definition.values import LISTS, NUMBERS
from surveys.logic.conditions import Predicate, Read, compile_condition, reader
from surveys.logic.state import Program, State

MOST = 1e12
PARTS = 10_000
"""Four decimals are kept."""


def rounded(value: float) -> float:
    """To four decimals, halves upwards, within the bounds; double arithmetic, so that every language agrees."""
    return max(-MOST, min(MOST, math.floor(value * PARTS + 0.5) / PARTS))


def compile_variables(definition: Definition) -> Program:
    """The variables as functions, in the order in which they can be computed."""
    if not definition.variables:
        return ()
    points = points_of(definition)
    return tuple((variable.id, _Sum(variable, points)) for variable in in_order(definition.variables))


def points_of(definition: Definition) -> dict[str, dict[str, float]]:
    """The points of options by code, by the id of their choice."""
    return {
        question.id: {option.code: option.points for option in question.options}
        for question in definition.questions
        if question.kind.value in ("code", "codes")
    }


class _Sum:
    """One variable, ready to be computed."""

    __slots__ = ("start", "terms")

    def __init__(self, variable: Variable, points: Mapping[str, Mapping[str, float]]) -> None:
        self.start = variable.start
        self.terms: tuple[tuple[Predicate | None, Read, float], ...] = tuple(
            (compile_condition(term.when), _amount(term.add, points), term.times) for term in variable.terms
        )

    def __call__(self, state: State) -> float:
        total = rounded(self.start)
        for holds, amount, times in self.terms:
            if holds is None or holds(state):
                found = amount(state)
                if found is not None:
                    total = rounded(total + rounded(found * times))
        return total


def _amount(operand: Operand, points: Mapping[str, Mapping[str, float]]) -> Read:
    """The number that an operand adds; None when it has none."""
    read = reader(operand)
    if isinstance(operand, QuestionOperand) and operand.id in points and not operand.row:
        table = points[operand.id]
        return lambda state: _points(read(state), table)
    return lambda state: _number(read(state))


def _number(value: Any) -> float | None:
    return value if type(value) in NUMBERS else None


def _points(value: Any, table: Mapping[str, float]) -> float | None:
    if isinstance(value, str):
        return table.get(value, 0)
    if not isinstance(value, LISTS):
        return None
    found: float = 0
    for code in value:  # not sum(): from Python 3.12 on it adds more exactly than JavaScript does
        found += table.get(code, 0)
    return found
