"""Which questions a respondent is led through: one walk over the document, deterministic, without eval.

A comparison about an answer that is not there is false, whatever its operator, except `unanswered`. Answers to
questions off the path are not there. A jump that leads backwards or nowhere is passed over, so that a draft can
be previewed and no walk ever loops.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.definition import (
    END,
    Block,
    Condition,
    Constant,
    Definition,
    Group,
    Jump,
    LanguageOperand,
    Operand,
    Question,
)
from surveys.definition.kinds.base import Answer

Answers = Mapping[str, Answer]
Predicate = Callable[[Answers, str], bool]
"""Answers on the path so far and the language, to whether a condition holds."""

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda left, right: left == right,
    "not_equals": lambda left, right: left != right,
    "less_than": lambda left, right: left < right,
    "at_most": lambda left, right: left <= right,
    "more_than": lambda left, right: left > right,
    "at_least": lambda left, right: left >= right,
    "one_of": lambda left, right: left in right,
    "includes_any": lambda left, right: any(code in left for code in right),
    "includes_all": lambda left, right: all(code in left for code in right),
    "includes_none": lambda left, right: not any(code in left for code in right),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A question on the way, with its conditions compiled. `jumps` holds (condition, index of a later block)."""

    question: Question
    shown: Predicate | None
    jumps: tuple[tuple[Predicate | None, int], ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A block on the way."""

    block: Block
    shown: Predicate | None
    steps: tuple[Step, ...]
    jumps: tuple[tuple[Predicate | None, int], ...]


@dataclass(frozen=True, slots=True)
class Path:
    """The way through the survey: the ids of the questions shown, and by block for pages."""

    questions: tuple[str, ...]
    blocks: tuple[tuple[str, tuple[str, ...]], ...]


def compile_route(definition: Definition) -> tuple[Stretch, ...]:
    """The blocks with their conditions turned into functions."""
    places = {block.id: index for index, block in enumerate(definition.blocks)}
    end = len(definition.blocks)

    def jumps(rules: Sequence[Jump], here: int) -> tuple[tuple[Predicate | None, int], ...]:
        found = []
        for rule in rules:
            target = end if rule.to == END else places.get(rule.to, -1)
            if target > here:
                found.append((compile_condition(rule.when), target))
        return tuple(found)

    return tuple(
        Stretch(
            block,
            compile_condition(block.show_if),
            tuple(
                Step(question, compile_condition(question.show_if), jumps(question.jumps, here))
                for question in block.questions
            ),
            jumps(block.jumps, here),
        )
        for here, block in enumerate(definition.blocks)
    )


def walk(route: Sequence[Stretch], language: str, answers: Answers, visit: Callable[[Step], None]) -> None:
    """Visits each question on the path in order. `visit` puts the answer into `answers` before the walk goes on."""
    here, end = 0, len(route)
    while here < end:
        stretch = route[here]
        here = _walk_stretch(stretch, here, language, answers, visit)


def _walk_stretch(
    stretch: Stretch, here: int, language: str, answers: Answers, visit: Callable[[Step], None]
) -> int:
    """Passes one block; answers the index of the block to go on with."""
    if stretch.shown is not None and not stretch.shown(answers, language):
        return here + 1
    for step in stretch.steps:
        if step.shown is not None and not step.shown(answers, language):
            continue
        visit(step)
        for condition, target in step.jumps:
            if condition is None or condition(answers, language):
                return target
    for condition, target in stretch.jumps:
        if condition is None or condition(answers, language):
            return target
    return here + 1


def find_path(definition: Definition, answers: Answers, language: str) -> Path:
    """The path for these answers; those off it do not count."""
    return path_on(compile_route(definition), answers, language)


def path_on(route: Sequence[Stretch], answers: Answers, language: str) -> Path:
    """As `find_path`, on a compiled route."""
    on_path: dict[str, Answer] = {}
    visited: list[str] = []

    def visit(step: Step) -> None:
        visited.append(step.question.id)
        value = answers.get(step.question.id)
        if value is not None and step.question.asks:
            on_path[step.question.id] = value

    walk(route, language, on_path, visit)
    shown = set(visited)
    blocks = []
    for stretch in route:
        inside = tuple(step.question.id for step in stretch.steps if step.question.id in shown)
        if inside:
            blocks.append((stretch.block.id, inside))
    return Path(tuple(visited), tuple(blocks))


def compile_condition(condition: Condition | None) -> Predicate | None:
    """The condition as a function; None when there is none."""
    if condition is None:
        return None
    if isinstance(condition, Group):
        return _compile_group(condition)
    left = _reader(condition.left)
    if condition.operator == "answered":
        return lambda answers, language: left(answers, language) is not None
    if condition.operator == "unanswered":
        return lambda answers, language: left(answers, language) is None
    right = _reader(condition.right) if condition.right is not None else _nothing
    compare = COMPARE[condition.operator]

    def holds(answers: Answers, language: str) -> bool:
        one, other = left(answers, language), right(answers, language)
        if one is None or other is None:
            return False
        try:
            return compare(one, other)
        except TypeError:  # a draft may compare what cannot be compared; publishing refuses it
            return False

    return holds


def _compile_group(group: Group) -> Predicate:
    inner = tuple(predicate for predicate in map(compile_condition, group.conditions) if predicate is not None)
    if group.connector == "all":
        return lambda answers, language: all(predicate(answers, language) for predicate in inner)
    return lambda answers, language: any(predicate(answers, language) for predicate in inner)


def _nothing(answers: Answers, language: str) -> None:
    return None


def _reader(operand: Operand) -> Callable[[Answers, str], Any]:
    if isinstance(operand, Constant):
        value = operand.value
        return lambda answers, language: value
    if isinstance(operand, LanguageOperand):
        return lambda answers, language: language
    question_id = operand.id
    return lambda answers, language: answers.get(question_id)
