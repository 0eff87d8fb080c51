"""What a definition must be before customers see it: nothing dangling, nothing backwards, nothing unreachable,
nothing untranslated.

A draft may be half done, so these are not asked by `parse`. The result maps JSON pointers to sentences, as there.
"""

from collections.abc import Iterator

from surveys.definition.conditions import comparisons, questions_in
from surveys.definition.kinds.base import EQUALITY, INCLUSION, PRESENCE
from surveys.definition.model import (
    END,
    Block,
    Comparison,
    Condition,
    Constant,
    Definition,
    Jump,
    LanguageOperand,
    Question,
    QuestionOperand,
    Text,
)
from surveys.definition.reachability import unreachable
from surveys.definition.reader import Problems
from surveys.wording import N_


def problems_for_publishing(definition: Definition) -> dict[str, list[str]]:
    """Everything that stands against publishing; empty when it may be published."""
    problems = Problems()
    if not any(question.asks for question in definition.questions):
        problems.add("/blocks", N_("The survey asks nothing yet. Add a question."))
    _check_texts(definition, problems)
    for pointer, question in _questions(definition):
        question.kind.check(pointer, question, problems)
    _check_logic(definition, problems)
    for pointer in unreachable(definition):
        problems.add(pointer, N_("Nobody can get here: an earlier jump always leads past it."))
    return problems.found


def _questions(definition: Definition) -> Iterator[tuple[str, Question]]:
    for b, block in enumerate(definition.blocks):
        for q, question in enumerate(block.questions):
            yield f"/blocks/{b}/questions/{q}", question


def _check_texts(definition: Definition, problems: Problems) -> None:
    """Texts people must see are there in every language; the others in every language or in none."""
    _all_or_none("/title", definition.title, definition, problems)
    _all_or_none("/thanks", definition.thanks, definition, problems)
    for b, block in enumerate(definition.blocks):
        _all_or_none(f"/blocks/{b}/title", block.title, definition, problems)
    for pointer, question in _questions(definition):
        _in_all(f"{pointer}/text", question.text, definition, problems)
        _all_or_none(f"{pointer}/help", question.help, definition, problems)
        for said in question.kind.texts(question):
            check = _in_all if said.needed else _all_or_none
            check(pointer + said.pointer, said.text, definition, problems)


def _in_all(pointer: str, text: Text, definition: Definition, problems: Problems) -> None:
    for language in definition.languages:
        if not text.get(language, "").strip():
            problems.add(f"{pointer}/{language}", N_("The text in “%(language)s” is missing."), language=language)


def _all_or_none(pointer: str, text: Text, definition: Definition, problems: Problems) -> None:
    if any(words.strip() for words in text.values()):
        _in_all(pointer, text, definition, problems)


class _Logic:
    """Where things stand, so that conditions can be checked to look back and jumps to look forward."""

    def __init__(self, definition: Definition, problems: Problems) -> None:
        self.languages = definition.languages
        self.questions = {question.id: question for question in definition.questions}
        self.order = {question.id: index for index, question in enumerate(definition.questions)}
        self.blocks = {block.id: index for index, block in enumerate(definition.blocks)}
        self.problems = problems

    def condition(self, pointer: str, condition: Condition | None, before: int) -> None:
        """Checks a condition that is asked when the questions up to (not with) the number `before` were passed."""
        for place, test in comparisons(condition, pointer):
            known = True
            for question_id in questions_in(test):
                if question_id not in self.order:
                    self.problems.add(place, N_("This condition asks for a question that does not exist."))
                    known = False
                elif self.order[question_id] >= before:
                    self.problems.add(place, N_("This condition asks for a question that comes only later."))
                    known = False
            if known:
                self._operands(place, test)

    def jumps(self, pointer: str, jumps: tuple[Jump, ...], block: int, before: int) -> None:
        for index, jump in enumerate(jumps):
            place = f"{pointer}/jumps/{index}"
            self.condition(f"{place}/when", jump.when, before)
            if jump.to == END:
                continue
            if jump.to not in self.blocks:
                self.problems.add(f"{place}/to", N_("This jump leads to a block that does not exist."))
            elif self.blocks[jump.to] <= block:
                self.problems.add(f"{place}/to", N_("A jump can only lead forward, to a later block or the end."))

    def _operands(self, place: str, test: Comparison) -> None:
        allowed = _operators(test, self.questions)
        if test.operator not in allowed:
            self.problems.add(f"{place}/operator", N_("This comparison does not fit the question's type."))
        elif test.operator not in PRESENCE and not self._fits(test):
            self.problems.add(f"{place}/right", N_("This value does not fit what it is compared with."))

    def _fits(self, test: Comparison) -> bool:
        if isinstance(test.right, QuestionOperand):
            if not isinstance(test.left, QuestionOperand) or test.operator == "one_of":
                return False
            return _comparable(self.questions[test.left.id], self.questions[test.right.id])
        if not isinstance(test.right, Constant):
            return False
        value = test.right.value
        many = test.operator == "one_of" or test.operator in INCLUSION
        if many != isinstance(value, tuple) or value == ():
            return False
        values = value if isinstance(value, tuple) else (value,)
        return all(self._is_possible(test.left, item) for item in values)

    def _is_possible(self, left: QuestionOperand | LanguageOperand, value: float | str | bool) -> bool:
        if isinstance(left, LanguageOperand):
            return isinstance(value, str) and value in self.languages
        question = self.questions[left.id]
        return question.kind.accepts(question, value)


def _comparable(left: Question, right: Question) -> bool:
    """Whether the answers to two questions can be compared: numbers, or moments of one type."""
    numbers = left.kind.value == right.kind.value == "number"
    return numbers or (left.type == right.type and left.kind.value == "moment")


def _operators(test: Comparison, questions: dict[str, Question]) -> frozenset[str]:
    if isinstance(test.left, LanguageOperand):
        return EQUALITY
    return questions[test.left.id].kind.operators


def _check_logic(definition: Definition, problems: Problems) -> None:
    logic = _Logic(definition, problems)
    passed = 0
    for b, block in enumerate(definition.blocks):
        logic.condition(f"/blocks/{b}/show_if", block.show_if, passed)
        passed = _check_block(b, block, logic, passed)
        logic.jumps(f"/blocks/{b}", block.jumps, b, passed)


def _check_block(number: int, block: Block, logic: _Logic, passed: int) -> int:
    for q, question in enumerate(block.questions):
        pointer = f"/blocks/{number}/questions/{q}"
        logic.condition(f"{pointer}/show_if", question.show_if, passed)
        passed += 1
        logic.jumps(pointer, question.jumps, number, passed)
    return passed
