"""Which parts of a survey no set of answers can reach.

A condition counts as "may be true or false" unless it can never hold: then a jump is never taken, and a block is
never entered. So only jumps that always apply cut something off. That finds the mistakes people make and never
reports what can be reached. Blocks that change places are reached all together, and their jumps cut nothing off.
"""

from collections.abc import Iterator

from surveys.definition.contradictions import Judge
from surveys.definition.model import Block, Definition, Jump


def unreachable(definition: Definition, judge: Judge) -> Iterator[str]:
    """Pointers of blocks that cannot be reached, and of questions behind an unconditional jump in their block."""
    places = {block.id: index for index, block in enumerate(definition.blocks)}
    groups = {places[block]: group for group in definition.shuffle for block in group if block in places}
    reached = {0}
    for number, block in enumerate(definition.blocks):
        if number not in reached:
            yield f"/blocks/{number}"
            continue
        reached.update(places[mate] for mate in groups.get(number, ()) if mate in places)
        enters = block.show_if is None or judge.can_hold([block.show_if])
        exits, falls_through, cut = _exits(block, judge) if enters else (set[str](), True, len(block.questions))
        reached.update(places[target] for target in exits if target in places)
        if falls_through or block.show_if is not None or number in groups:
            reached.add(number + 1)
        for index in range(cut, len(block.questions)):
            yield f"/blocks/{number}/questions/{index}"


def _exits(block: Block, judge: Judge) -> tuple[set[str], bool, int]:
    """Where a block can jump to, whether it can be passed to its end, and its first question never reached."""
    exits: set[str] = set()
    for index, question in enumerate(block.questions):
        if question.show_if is not None and not judge.can_hold([question.show_if], [block.show_if]):
            continue
        exits |= {jump.to for jump in question.jumps if _possible(jump, judge)}
        if question.show_if is None and _always(question.jumps) and not block.shuffle:
            return exits, False, index + 1
    exits |= {jump.to for jump in block.jumps if _possible(jump, judge)}
    return exits, not _always(block.jumps), len(block.questions)


def _possible(jump: Jump, judge: Judge) -> bool:
    return jump.when is None or judge.can_hold([jump.when])


def _always(jumps: tuple[Jump, ...]) -> bool:
    return any(jump.when is None for jump in jumps)
