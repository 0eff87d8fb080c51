"""One walk over the document, deterministic, without eval.

Answers to questions off the path are not there. A jump that leads backwards or nowhere is passed over, so that a
draft can be previewed and no walk ever loops.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from surveys.definition import END, Block, Definition, Jump, Question
from surveys.definition.values import is_there
from surveys.logic.conditions import Predicate, compile_condition
from surveys.logic.hidden import read_hidden
from surveys.logic.order import arranged
from surveys.logic.state import Answers, Program, State
from surveys.logic.variables import compile_variables

Exits = tuple[tuple[Predicate | None, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A question on the way, with its conditions compiled. `jumps` holds (condition, where to)."""

    question: Question
    shown: Predicate | None
    needed: Predicate | None
    jumps: Exits

    def requires(self, state: State) -> bool:
        """Whether somebody who comes here must answer."""
        if self.question.required:
            return self.question.asks
        return self.needed is not None and self.question.asks and self.needed(state)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A block on the way."""

    block: Block
    shown: Predicate | None
    steps: tuple[Step, ...]
    jumps: Exits


@dataclass(frozen=True, slots=True)
class Route:
    """The survey with its conditions turned into functions, in one order."""

    definition: Definition
    stretches: tuple[Stretch, ...]
    places: Mapping[str, int]
    """Where jumps can lead: blocks by id, and endings behind the last block."""
    program: Program

    def state(
        self, language: str, answers: dict[str, Any] | None = None, raw: Mapping[str, Any] | None = None
    ) -> State:
        """What is known at the beginning. `raw` is what the link brought along."""
        hidden = read_hidden(self.definition, raw) if raw else None
        return State(language, answers, hidden, self.program)

    def in_order(self, seed: int | None) -> "Route":
        """The route of a respondent whose order the seed decides."""
        ordered = arranged(self.definition, seed)
        if ordered is self.definition:
            return self
        blocks = {stretch.block.id: stretch for stretch in self.stretches}
        steps = {step.question.id: step for stretch in self.stretches for step in stretch.steps}
        stretches = tuple(
            Stretch(
                block,
                blocks[block.id].shown,
                tuple(_at(steps[question.id], question) for question in block.questions),
                blocks[block.id].jumps,
            )
            for block in ordered.blocks
        )
        return Route(ordered, stretches, _places(ordered), self.program)


@dataclass(frozen=True, slots=True)
class Path:
    """The way through the survey: the questions shown, by block for pages, which need an answer, and its end."""

    questions: tuple[str, ...]
    blocks: tuple[tuple[str, tuple[str, ...]], ...]
    required: tuple[str, ...]
    ending: str | None
    """The ending that a jump led to; None for the usual one."""
    state: State = field(compare=False, repr=False)
    """What is known at the end of the way."""
    definition: Definition = field(compare=False, repr=False)
    """The survey in the order in which it was walked."""


def compile_route(definition: Definition) -> Route:
    """The survey in the order in which it is written."""
    stretches = tuple(
        Stretch(
            block,
            compile_condition(block.show_if),
            tuple(_step(question) for question in block.questions),
            _exits(block.jumps),
        )
        for block in definition.blocks
    )
    return Route(definition, stretches, _places(definition), compile_variables(definition))


def _step(question: Question) -> Step:
    shown, needed = compile_condition(question.show_if), compile_condition(question.require_if)
    return Step(question, shown, needed, _exits(question.jumps))


def _at(step: Step, question: Question) -> Step:
    return Step(question, step.shown, step.needed, step.jumps)


def _exits(jumps: Sequence[Jump]) -> Exits:
    return tuple((compile_condition(jump.when), jump.to) for jump in jumps)


def _places(definition: Definition) -> dict[str, int]:
    end = len(definition.blocks)
    places = {ending.id: end for ending in definition.endings} | {END: end}
    return places | {block.id: index for index, block in enumerate(definition.blocks)}


def walk(route: Route, state: State, visit: Callable[[Step], None]) -> str | None:
    """Visits each question on the path in order, and answers the ending that a jump led to, or None.

    `visit` puts the answer into the state before the walk goes on.
    """
    here, end, to = 0, len(route.stretches), ""
    while here < end:
        to = _walk_stretch(route.stretches[here], here, route.places, state, visit)
        here = route.places[to] if to else here + 1
    return to if to and to != END else None


def _walk_stretch(
    stretch: Stretch, here: int, places: Mapping[str, int], state: State, visit: Callable[[Step], None]
) -> str:
    """Passes one block; answers where a jump leads, or an empty string."""
    if stretch.shown is not None and not stretch.shown(state):
        return ""
    for step in stretch.steps:
        if step.shown is not None and not step.shown(state):
            continue
        visit(step)
        if step.jumps and (to := _jump(step.jumps, here, places, state)):
            return to
    return _jump(stretch.jumps, here, places, state)


def _jump(jumps: Exits, here: int, places: Mapping[str, int], state: State) -> str:
    for condition, to in jumps:
        if places.get(to, -1) > here and (condition is None or condition(state)):
            return to
    return ""


def find_path(definition: Definition, answers: Answers, language: str) -> Path:
    """The path for these answers; those off it do not count."""
    route = compile_route(definition)
    return path_on(route, route.state(language), answers)


def path_on(route: Route, state: State, answers: Answers) -> Path:
    """As `find_path`, on a compiled route and from a state without answers."""
    visited: list[str] = []
    required: list[str] = []

    def visit(step: Step) -> None:
        question = step.question
        visited.append(question.id)
        if step.requires(state):
            required.append(question.id)
        value = answers.get(question.id)
        if question.asks and is_there(value):
            state.answers[question.id] = value

    ending = walk(route, state, visit)
    return Path(
        tuple(visited), tuple(_by_block(route, set(visited))), tuple(required), ending, state, route.definition
    )


def _by_block(route: Route, shown: set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for stretch in route.stretches:
        inside = tuple(step.question.id for step in stretch.steps if step.question.id in shown)
        if inside:
            yield stretch.block.id, inside
