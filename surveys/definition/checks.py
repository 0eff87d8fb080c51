"""What a definition must be before customers see it: nothing dangling, nothing backwards, nothing contradictory,
nothing unreachable, nothing untranslated that somebody can see.

A draft may be half done, so these are not asked by `parse`. The result maps JSON pointers to sentences, as there.
"""

from collections.abc import Iterator

from surveys.definition.contradictions import Judge
from surveys.definition.logic_checks import LogicChecks
from surveys.definition.model import Definition, Question
from surveys.definition.reachability import unreachable
from surveys.definition.reader import Problems
from surveys.definition.text_checks import TextChecks
from surveys.wording import N_


def problems_for_publishing(definition: Definition) -> dict[str, list[str]]:
    """Everything that stands against publishing; empty when it may be published."""
    problems, judge = Problems(), Judge(definition)
    if not any(question.asks for question in definition.questions):
        problems.add("/blocks", N_("The survey asks nothing yet. Add a question."))
    for pointer, question in _questions(definition):
        question.kind.check(pointer, question, problems)
    for index, ending in enumerate(definition.endings):
        if not ending.url and (ending.redirect or any(ending.button.values())):
            problems.add(f"/endings/{index}/url", N_("Say which address this leads to."))
    checks = LogicChecks(definition, problems, judge)
    checks.run()
    cut_off = set(unreachable(definition, judge))
    for pointer in cut_off:
        problems.add(pointer, N_("Nobody can get here: an earlier jump always leads past it."))
    TextChecks(definition, problems, judge, checks.places, cut_off).run()
    return problems.found


def _questions(definition: Definition) -> Iterator[tuple[str, Question]]:
    for b, block in enumerate(definition.blocks):
        for q, question in enumerate(block.questions):
            yield f"/blocks/{b}/questions/{q}", question
