"""What the editor's buttons do to a draft: finding an element, and one verb for each button."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from infra.errors import NotFound
from surveys import editing
from surveys.definition import TYPES, Block, Comparison, Condition, Definition, Jump, Question
from surveys.definition.conditions import comparisons, questions_in

SURVEY = "survey"
"""The name of the survey's own settings, beside the ids of blocks and questions."""

Edited = tuple[Definition, str]
"""The definition, and the element to show next."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element stands; `question` is None for a block."""

    block: int
    question: int | None = None

    @property
    def pointer(self) -> str:
        """The JSON pointer that problems of the element begin with."""
        return f"/blocks/{self.block}" + ("" if self.question is None else f"/questions/{self.question}")


def find_place(definition: Definition, element: str) -> Place | None:
    """The place of a block or question."""
    for b, block in enumerate(definition.blocks):
        if block.id == element:
            return Place(b)
        for q, question in enumerate(block.questions):
            if question.id == element:
                return Place(b, q)
    return None


def get_place(definition: Definition, element: str) -> Place:
    """The place of a block or question. Raises NotFound."""
    place = find_place(definition, element)
    if place is None:
        raise NotFound()
    return place


def get_element(definition: Definition, element: str) -> Block | Question:
    """The block or question. Raises NotFound."""
    place = get_place(definition, element)
    block = definition.blocks[place.block]
    return block if place.question is None else block.questions[place.question]


def element_at(definition: Definition, pointer: str) -> str:
    """The id of the block or question that a problem's pointer leads into; SURVEY for anything else."""
    parts = pointer.split("/")
    if len(parts) < 3 or parts[1] != "blocks" or not parts[2].isdecimal():
        return SURVEY
    block = definition.blocks[int(parts[2])]
    if len(parts) > 4 and parts[3] == "questions" and parts[4].isdecimal():
        return block.questions[int(parts[4])].id
    return block.id


def put(definition: Definition, element: Block | Question) -> Definition:
    """The definition with the element in place of the one with its id."""
    place = get_place(definition, element.id)
    block = definition.blocks[place.block]
    if isinstance(element, Block):
        block = element
    else:
        block = replace(block, questions=tuple(element if q.id == element.id else q for q in block.questions))
    blocks = definition.blocks
    return replace(definition, blocks=(*blocks[: place.block], block, *blocks[place.block + 1 :]))


def run(definition: Definition, element: str, command: str, kind: str) -> Edited:
    """Does what the button `command` says. An unknown command changes nothing.

    Raises NotFound for a part that is not there, and DefinitionInvalid where a bound of the format is met.
    """
    verb, _, part = command.partition(":")
    if verb.startswith("option-"):
        act = OPTION_VERBS.get(verb)
        return (act(definition, element, part) if act else definition), element
    change = VERBS.get(verb)
    return change(definition, element, kind) if change else (definition, element)


def remove(definition: Definition, element: str) -> Definition:
    """Without the block or question."""
    if get_place(definition, element).question is None:
        return editing.remove_block(definition, element)
    return editing.remove_question(definition, element)


def depending_on(definition: Definition, element: str) -> list[Block | Question]:
    """The other elements whose conditions or jumps speak of the element or of a question in it."""
    found = get_element(definition, element)
    inside = {q.id for q in found.questions} if isinstance(found, Block) else set()
    gone = {element, *inside}
    everything: list[Block | Question] = [*definition.blocks, *definition.questions]
    return [each for each in everything if each.id not in gone and _speaks_of(each, gone)]


def neighbour(definition: Definition, element: str) -> str:
    """What to show when the element has gone: what stands before it."""
    order = [SURVEY]
    for block in definition.blocks:
        order += [block.id, *(question.id for question in block.questions)]
    return order[max(0, order.index(element) - 1)] if element in order else SURVEY


def _speaks_of(element: Block | Question, gone: set[str]) -> bool:
    asked: list[Condition | None] = [element.show_if, *(jump.when for jump in element.jumps)]
    if isinstance(element, Question):
        asked.append(element.require_if)
    tests: list[Comparison] = [test for each in asked for _, test in comparisons(each, "")]
    jumps: list[Jump] = list(element.jumps)
    return any(jump.to in gone for jump in jumps) or any(gone & set(questions_in(test)) for test in tests)


def _add_question(definition: Definition, element: str, kind: str) -> Edited:
    if kind not in TYPES:
        raise NotFound()
    if not definition.blocks:
        definition, _ = editing.add_block(definition)
    place = find_place(definition, element) or Place(len(definition.blocks) - 1)
    at = None if place.question is None else place.question + 1
    return editing.add_question(definition, definition.blocks[place.block].id, kind, at=at)  # type: ignore[arg-type]


def _add_page(definition: Definition, element: str, kind: str) -> Edited:
    place = find_place(definition, element)
    return editing.add_block(definition, None if place is None else place.block + 1)


def _copy(definition: Definition, element: str, kind: str) -> Edited:
    if get_place(definition, element).question is None:
        return editing.duplicate_block(definition, element)
    return editing.duplicate_question(definition, element)


def _move(definition: Definition, element: str, step: int) -> Edited:
    """A question at the edge of its page goes on to the next page."""
    place = get_place(definition, element)
    if place.question is None:
        target = place.block + step
        inside = 0 <= target < len(definition.blocks)
        return (editing.move_block(definition, element, target) if inside else definition), element
    block = definition.blocks[place.block]
    target = place.question + step
    if 0 <= target < len(block.questions):
        return editing.move_question(definition, element, block.id, target), element
    other = place.block + step
    if not 0 <= other < len(definition.blocks):
        return definition, element
    neighbour_block = definition.blocks[other]
    at = 0 if step > 0 else len(neighbour_block.questions)
    return editing.move_question(definition, element, neighbour_block.id, at), element


def _move_option(definition: Definition, element: str, option: str, step: int) -> Definition:
    question = editing.get_question(definition, element)
    options = getattr(question, editing.list_of(question, option))
    index = next((i for i, each in enumerate(options) if each.id == option), -1)
    if index < 0 or not 0 <= index + step < len(options):
        return definition
    return editing.move_option(definition, element, option, index + step)


def _copy_option(definition: Definition, element: str, option: str) -> Definition:
    question = editing.get_question(definition, element)
    listed = editing.list_of(question, option)
    for index, each in enumerate(getattr(question, listed)):
        if each.id == option:
            return editing.add_option(definition, element, each.text, at=index + 1, to=listed)[0]
    raise NotFound()


VERBS: dict[str, Callable[[Definition, str, str], Edited]] = {
    "add-question": _add_question,
    "add-page": _add_page,
    "up": lambda definition, element, kind: _move(definition, element, -1),
    "down": lambda definition, element, kind: _move(definition, element, 1),
    "copy": _copy,
}

OPTION_VERBS: dict[str, Callable[[Definition, str, str], Definition]] = {
    "option-add": lambda definition, element, listed: editing.add_option(
        definition, element, {}, to="rows" if listed == "rows" else "options"
    )[0],
    "option-up": lambda definition, element, option: _move_option(definition, element, option, -1),
    "option-down": lambda definition, element, option: _move_option(definition, element, option, 1),
    "option-copy": _copy_option,
    "option-remove": editing.remove_option,
}
