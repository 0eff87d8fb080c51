"""Texts before customers see them: there in every language in which somebody sees them, and with places that can be
filled."""

from collections.abc import Callable, Collection

from surveys.definition.conditions import operands_in
from surveys.definition.contradictions import Judge
from surveys.definition.model import (
    Block,
    Condition,
    Definition,
    LanguageOperand,
    Question,
    QuestionOperand,
    Text,
)
from surveys.definition.places import Place, Places
from surveys.definition.reader import Problems
from surveys.definition.tokens import Token, broken_in, tokens_in
from surveys.wording import N_

Sees = Callable[[str], bool]
"""Whether anybody who answers in the language sees a text."""

MISSING = N_("The text in “%(language)s” is missing.")
NO_PLACE = N_("Nothing can stand at “%(name)s”: it does not exist, has no words, or is asked only later.")
BROKEN = N_("A place to fill is written like “%(example)s”.")
EXAMPLE = "{{q_7h3k2m|…}}"
UNSAID = frozenset({"boolean", "rows", "parts", "files", "nothing"})
"""Answers that have no words for a place; a row of a table has."""


class TextChecks:
    """One pass over all texts. `cut_off` holds the pointers of what nobody can reach."""

    def __init__(
        self, definition: Definition, problems: Problems, judge: Judge, places: Places, cut_off: Collection[str]
    ) -> None:
        self.definition = definition
        self.problems = problems
        self.judge = judge
        self.places = places
        self.cut_off = cut_off

    def run(self) -> None:
        self._text("/title", self.definition.title, _everybody, None)
        self._text("/thanks", self.definition.thanks, _everybody, self.places.end)
        for b, block in enumerate(self.definition.blocks):
            pointer = f"/blocks/{b}"
            if pointer in self.cut_off:
                continue
            sees = self._sees(block.show_if)
            self._text(f"{pointer}/title", block.title, sees, self.places.start_of(block))
            for q, question in enumerate(block.questions):
                if f"{pointer}/questions/{q}" not in self.cut_off:
                    self._question(f"{pointer}/questions/{q}", question, block)
        self._endings()

    def _question(self, pointer: str, question: Question, block: Block) -> None:
        sees, at = self._sees(block.show_if, question.show_if), self.places.questions[question.id]
        self._text(f"{pointer}/text", question.text, sees, at, needed=True)
        self._text(f"{pointer}/help", question.help, sees, at)
        for said in question.kind.texts(question):
            self._text(pointer + said.pointer, said.text, sees, at, needed=said.needed)

    def _endings(self) -> None:
        used = {jump.to for block in self.definition.blocks for jump in block.jumps}
        used |= {jump.to for question in self.definition.questions for jump in question.jumps}
        used |= {quota.ending for quota in self.definition.quotas}
        for index, ending in enumerate(self.definition.endings):
            pointer, end = f"/endings/{index}", self.places.end
            sees = _everybody if ending.id in used else _nobody
            self._text(f"{pointer}/text", ending.text, sees, end, needed=True)
            self._text(f"{pointer}/title", ending.title, sees, end)
            self._text(f"{pointer}/button", ending.button, sees, end)
            self._places(f"{pointer}/url", ending.url, end)

    def _text(self, pointer: str, text: Text, sees: Sees, at: Place | None, *, needed: bool = False) -> None:
        """A needed text stands in every language in which it is seen; any other does so, or in none at all."""
        if needed or any(words.strip() for words in text.values()):
            for language in self.definition.languages:
                if not text.get(language, "").strip() and sees(language):
                    self.problems.add(f"{pointer}/{language}", MISSING, language=language)
        for language, words in text.items():
            self._places(f"{pointer}/{language}", words, at)

    def _sees(self, *conditions: Condition | None) -> Sees:
        """Asked only where a text is missing, so that it costs nothing otherwise."""
        known = [condition for condition in conditions if condition is not None]
        operands = (operand for condition in known for operand in operands_in(condition))
        if not any(isinstance(operand, LanguageOperand) for operand in operands):
            return _everybody
        return lambda language: self.judge.can_hold(known, language=language)

    def _places(self, pointer: str, words: str, at: Place | None) -> None:
        if "{{" not in words and "}}" not in words:
            return
        if broken_in(words):
            self.problems.add(pointer, BROKEN, example=EXAMPLE)
        for token in tokens_in(words):
            if not self._can_be_filled(token, at):
                self.problems.add(pointer, NO_PLACE, name=token.name)

    def _can_be_filled(self, token: Token, at: Place | None) -> bool:
        things = self.judge.things
        if token.root == "hidden":
            return token.rest in things.hidden
        if at is None:
            return False
        if token.root in things.variables:
            return True
        question = things.question(QuestionOperand(token.root, token.rest))
        if question is None or question.kind.value in UNSAID:
            return False
        return self.places.questions[token.root].is_certainly_before(at)


def _everybody(language: str) -> bool:
    return True


def _nobody(language: str) -> bool:
    return False
