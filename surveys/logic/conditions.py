"""Conditions as functions of what a walk knows; made once for each version of a survey, never from strings."""

from collections.abc import Callable, Mapping
from typing import Any

from surveys.definition import (
    Condition,
    Constant,
    Group,
    HiddenOperand,
    LanguageOperand,
    Operand,
    QuestionOperand,
    VariableOperand,
)
from surveys.definition.values import COMPARE, is_there
from surveys.logic.state import State

Predicate = Callable[[State], bool]
Read = Callable[[State], Any]


def compile_condition(condition: Condition | None) -> Predicate | None:
    """The condition as a function; None when there is none."""
    if condition is None:
        return None
    if isinstance(condition, Group):
        return _compile_group(condition)
    left = reader(condition.left)
    if condition.operator == "answered":
        return lambda state: left(state) is not None
    if condition.operator == "unanswered":
        return lambda state: left(state) is None
    right = reader(condition.right)
    compare = COMPARE[condition.operator]

    def holds(state: State) -> bool:
        one, other = left(state), right(state)
        return one is not None and other is not None and compare(one, other)

    return holds


def _compile_group(group: Group) -> Predicate:
    inner = tuple(predicate for predicate in map(compile_condition, group.conditions) if predicate is not None)
    if group.connector == "all":
        return lambda state: all(predicate(state) for predicate in inner)
    return lambda state: any(predicate(state) for predicate in inner)


def reader(operand: Operand | None) -> Read:
    """The operand's value in a state; None when it is not there."""
    if operand is None:
        return lambda state: None
    if isinstance(operand, Constant):
        value = operand.value
        return lambda state: value
    if isinstance(operand, LanguageOperand):
        return lambda state: state.language
    if isinstance(operand, HiddenOperand):
        code = operand.code
        return lambda state: state.hidden.get(code)
    if isinstance(operand, VariableOperand):
        variable_id = operand.id
        return lambda state: state.variable(variable_id)
    return _answer(operand)


def _answer(operand: QuestionOperand) -> Read:
    question_id, row = operand.id, operand.row
    if not row:
        return lambda state: state.answers.get(question_id)

    def read(state: State) -> Any:
        rows = state.answers.get(question_id)
        value = rows.get(row) if isinstance(rows, Mapping) else None
        return value if is_there(value) else None

    return read
