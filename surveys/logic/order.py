"""An order of each respondent's own, which their seed alone decides: FNV-1a, mulberry32, Fisher and Yates."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from surveys.definition import Block, Definition, Question

WORD = 0xFFFFFFFF
T = TypeVar("T")


def seed_of(key: UUID) -> int:
    """The seed of a submission: the last 32 bits of its key, which every response keeps anyway."""
    return key.int & WORD


def fnv1a(text: str) -> int:
    """The 32 bit hash of the text in UTF-8 (Fowler, Noll, Vo; draft-eastlake-fnv)."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & WORD
    return value


def mulberry32(seed: int) -> Iterator[int]:
    """Numbers of 32 bits (Tommy Ettinger's generator); all arithmetic is modulo 2³²."""
    state = seed & WORD
    while True:
        state = (state + 0x6D2B79F5) & WORD
        mixed = ((state ^ (state >> 15)) * (state | 1)) & WORD
        mixed ^= (mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)) & WORD
        yield mixed ^ (mixed >> 14)


def shuffled(things: Sequence[T], name: str, seed: int, is_fixed: Callable[[T], bool]) -> tuple[T, ...]:
    """The things in the order of the seed; what is fixed keeps its place. `name` tells shuffles of a seed apart."""
    places = [index for index, thing in enumerate(things) if not is_fixed(thing)]
    moving = [things[place] for place in places]
    chance = mulberry32(seed ^ fnv1a(name))
    for last in range(len(moving) - 1, 0, -1):
        other = next(chance) * (last + 1) >> 32
        moving[last], moving[other] = moving[other], moving[last]
    made = list(things)
    for place, thing in zip(places, moving, strict=True):
        made[place] = thing
    return tuple(made)


def is_shuffled(definition: Definition) -> bool:
    """Whether anything stands in an order of each respondent's own."""
    return (
        bool(definition.shuffle)
        or any(block.shuffle for block in definition.blocks)
        or any(question.shuffle for question in definition.questions)
    )


def arranged(definition: Definition, seed: int | None) -> Definition:
    """The definition in the order of the seed; as it is written without one."""
    if seed is None or not is_shuffled(definition):
        return definition
    blocks = [_arranged_block(block, seed) for block in definition.blocks]
    places = {block.id: index for index, block in enumerate(blocks)}
    for group in definition.shuffle:
        taken = sorted({places[block] for block in group if block in places})
        order = shuffled([blocks[place] for place in taken], f"group:{group[0]}", seed, lambda block: False)
        for place, block in zip(taken, order, strict=True):
            blocks[place] = block
    return replace(definition, blocks=tuple(blocks))


def _arranged_block(block: Block, seed: int) -> Block:
    questions = tuple(_arranged_question(question, seed) for question in block.questions)
    if block.shuffle:
        questions = shuffled(questions, block.id, seed, lambda question: question.fixed)
    return replace(block, questions=questions)


def _arranged_question(question: Question, seed: int) -> Question:
    if not question.shuffle:
        return question
    if question.rows:
        name = f"{question.id}.rows"
        return replace(question, rows=shuffled(question.rows, name, seed, lambda row: row.fixed))
    options = shuffled(question.options, question.id, seed, lambda option: option.fixed)
    return replace(question, options=options)
