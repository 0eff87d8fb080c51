"""Whether conditions can hold together, for any answers there can be.

Conditions are taken apart into comparisons, alternatives one after the other; comparisons about one thing are
judged by the values it can have. An answer that is asked for was given, so its question was shown: what that needed
holds too. The work is bounded: what would take too long counts as possible, and so does what is not understood.
"""

from collections.abc import Iterable, Sequence

from surveys.definition.asked import Register
from surveys.definition.domains import can_agree, pair_can_agree, possible
from surveys.definition.model import (
    Asked,
    Comparison,
    Condition,
    Constant,
    Definition,
    Group,
    LanguageOperand,
    QuestionOperand,
    VariableOperand,
)

MOST_STEPS = 3_000
"""Steps for the whole of a survey; one looks at one alternative."""


class Judge:
    """Judges the conditions of one survey."""

    def __init__(self, definition: Definition) -> None:
        self.things = Register(definition)
        self.steps = MOST_STEPS
        self._needed = {
            question.id: [
                condition
                for each in (block.show_if, question.show_if)
                if (condition := without_variables(each)) is not None
            ]
            for block in definition.blocks
            for question in block.questions
        }

    def can_hold(
        self, conditions: Iterable[Condition], before: Iterable[Condition | None] = (), language: str = ""
    ) -> bool:
        """Whether the conditions can hold at one moment, after those in `before` held, in a language or in any.

        A variable changes on the way, so what it was before tells nothing.
        """
        earlier = [condition for each in before if (condition := without_variables(each)) is not None]
        said = [Comparison(LanguageOperand(), "equals", Constant(language))] if language else []
        return self._possible([*conditions, *earlier, *said], [], frozenset())

    def _possible(self, waiting: Sequence[Condition], facts: list[Comparison], shown: frozenset[str]) -> bool:
        self.steps -= 1
        if self.steps < 0:
            return True
        facts, alternatives, todo = list(facts), list[Group](), list(waiting)
        while todo:
            condition = todo.pop()
            if isinstance(condition, Comparison):
                facts.append(condition)
                new = [asked for asked in _given(condition) if asked not in shown]
                shown |= set(new)
                todo.extend(needed for asked in new for needed in self._needed.get(asked, ()))
            elif condition.connector == "all":
                todo.extend(condition.conditions)
            else:
                alternatives.append(condition)
        if not self._agree(facts):
            return False
        if not alternatives:
            return True
        first, rest = alternatives[0], alternatives[1:]
        return any(self._possible([each, *rest], facts, shown) for each in first.conditions)

    def _agree(self, facts: Sequence[Comparison]) -> bool:
        by_thing: dict[Asked, list[Comparison]] = {}
        for test in facts:
            by_thing.setdefault(test.left, []).append(test)
            if test.right is not None and not isinstance(test.right, Constant):
                by_thing.setdefault(test.right, []).append(Comparison(test.right, "answered"))
        if not all(self.things.exists(thing) for thing in by_thing):
            return True
        if not all(can_agree(thing, tests, self.things) for thing, tests in by_thing.items()):
            return False
        return all(self._pair_agrees(test, by_thing) for test in facts)

    def _pair_agrees(self, test: Comparison, by_thing: dict[Asked, list[Comparison]]) -> bool:
        if test.right is None or isinstance(test.right, Constant):
            return True
        if not self.things.is_number(test.left) or not self.things.is_number(test.right):
            return True
        scales = [self._scale(thing, by_thing) for thing in (test.left, test.right)]
        return pair_can_agree(test, scales[0], scales[1])

    def _scale(self, thing: Asked, by_thing: dict[Asked, list[Comparison]]) -> frozenset[float | str | bool] | None:
        """The points that are left of a scale; None for what has none, where two numbers are never compared out."""
        question = self.things.question(thing) if isinstance(thing, QuestionOperand) else None
        if question is None or not question.kind.scale(question):
            return None
        return possible(thing, by_thing[thing], self.things)


def without_variables(condition: Condition | None) -> Condition | None:
    """What is left of a condition when nothing is known about variables; None when that is nothing."""
    if condition is None:
        return None
    if isinstance(condition, Comparison):
        return (
            None
            if any(isinstance(each, VariableOperand) for each in (condition.left, condition.right))
            else condition
        )
    inner = [without_variables(each) for each in condition.conditions]
    known = tuple(each for each in inner if each is not None)
    if not known or (condition.connector == "any" and len(known) < len(inner)):
        return None
    return Group(condition.connector, known)


def _given(test: Comparison) -> list[str]:
    """The questions that must have been answered for a comparison to hold."""
    if test.operator == "unanswered":
        return []
    return [each.id for each in (test.left, test.right) if isinstance(each, QuestionOperand)]
