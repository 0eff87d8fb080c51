"""Which parts of a survey no set of answers can reach.

Conditions count as "may be true or false", so only jumps without a condition cut something off. That finds the
mistakes people make and never reports what can be reached.
"""

from collections.abc import Iterator

from surveys.definition.model import END, Block, Definition, Jump


def unreachable(definition: Definition) -> Iterator[str]:
    """Pointers of blocks that cannot be reached, and of questions behind an unconditional jump in their block."""
    places = {block.id: index for index, block in enumerate(definition.blocks)}
    reached = {0}
    for number, block in enumerate(definition.blocks):
        if number not in reached:
            yield f"/blocks/{number}"
            continue
        exits, falls_through, cut = _exits(block)
        reached.update(places[target] for target in exits if target in places)
        if falls_through or block.show_if is not None:
            reached.add(number + 1)
        for index in range(cut, len(block.questions)):
            yield f"/blocks/{number}/questions/{index}"


def _exits(block: Block) -> tuple[set[str], bool, int]:
    """Where a block can jump to, whether it can be passed to its end, and its first question never reached."""
    exits: set[str] = set()
    for index, question in enumerate(block.questions):
        exits |= {jump.to for jump in question.jumps}
        if question.show_if is None and _always(question.jumps):
            return exits, False, index + 1
    exits |= {jump.to for jump in block.jumps}
    return exits - {END}, not _always(block.jumps), len(block.questions)


def _always(jumps: tuple[Jump, ...]) -> bool:
    return any(jump.when is None for jump in jumps)
