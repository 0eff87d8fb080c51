"""Where things stand in a survey, also when blocks, questions or both change places.

What a condition asks for must have been asked before, in every order there can be. So each question has the first
and the last place it may come to; one is *certainly before* another when its last lies before the other's first.
"""

from dataclasses import dataclass

from surveys.definition.model import Block, Definition

BEFORE_QUESTIONS, AFTER_QUESTIONS = -1, 1_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """A question, or the beginning or end of a block: the index of the block in the document, the places the block
    may come to, and the places within it."""

    block: int
    first_block: int
    last_block: int
    first: int
    last: int

    def is_certainly_before(self, other: "Place") -> bool:
        """Whether nobody comes to the other first."""
        if self.block == other.block:
            return self.last < other.first
        return self.last_block < other.first_block


class Places:
    """The places of a survey's questions and blocks."""

    def __init__(self, definition: Definition) -> None:
        self.blocks = {block.id: index for index, block in enumerate(definition.blocks)}
        self._ranges = _ranges(definition, self.blocks)
        self.groups = {block for group in definition.shuffle for block in group}
        self.questions: dict[str, Place] = {}
        for index, block in enumerate(definition.blocks):
            moving = [q for q, question in enumerate(block.questions) if block.shuffle and not question.fixed]
            for q, question in enumerate(block.questions):
                within = (moving[0], moving[-1]) if q in moving else (q, q)
                self.questions[question.id] = Place(index, *self._ranges[index], *within)
        last = len(definition.blocks)
        self.end = Place(last, last, last, 0, 0)
        """Behind everything."""

    def start_of(self, block: Block) -> Place:
        """Before a block's first question."""
        return self._edge(block, BEFORE_QUESTIONS)

    def end_of(self, block: Block) -> Place:
        """Behind a block's last question."""
        return self._edge(block, AFTER_QUESTIONS)

    def _edge(self, block: Block, within: int) -> Place:
        index = self.blocks[block.id]
        return Place(index, *self._ranges[index], within, within)

    def leads_forward(self, block: str, to: str) -> bool:
        """Whether one block comes before another in every order."""
        return self._ranges[self.blocks[block]][1] < self._ranges[self.blocks[to]][0]


def _ranges(definition: Definition, blocks: dict[str, int]) -> list[tuple[int, int]]:
    """The first and last place of each block."""
    ranges = [(index, index) for index in range(len(definition.blocks))]
    for group in definition.shuffle:
        taken = [blocks[block] for block in group if block in blocks]
        for index in taken:
            ranges[index] = (min(taken), max(taken))
    return ranges
