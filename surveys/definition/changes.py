"""What may not change once customers have answered: what an id means.

Wording, order, settings and new parts are free. The same id with another type, scale or code would put old and
new answers into one figure that means neither; the author removes the part and adds a new one instead.
"""

from surveys.definition.model import Definition, Question
from surveys.definition.reader import Problems
from surveys.wording import N_

TYPE = N_("This question was already published with another type. Remove it and add a new question instead.")


def changed_meaning(published: Definition, draft: Definition) -> dict[str, list[str]]:
    """Where the draft gives something published another meaning, by JSON pointer."""
    problems = Problems()
    before = {question.id: question for question in published.questions}
    for b, block in enumerate(draft.blocks):
        for q, question in enumerate(block.questions):
            if question.id in before:
                _compare(f"/blocks/{b}/questions/{q}", before[question.id], question, problems)
    return problems.found


def _compare(pointer: str, old: Question, new: Question, problems: Problems) -> None:
    if new.type != old.type:
        problems.add(f"{pointer}/type", TYPE)
    else:
        new.kind.compare(pointer, old, new, problems)
