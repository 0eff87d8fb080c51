"""What the page's script gets to know of a survey: the definition, reduced to what `logic.js` asks of this one."""

from collections.abc import Iterator
from typing import Any

from surveys.definition import Block, Definition, Question, QuestionOperand, dump_condition, words
from surveys.definition.conditions import dump_jump
from surveys.definition.logic_parts import dump_parts
from surveys.definition.model import Text
from surveys.definition.tokens import tokens_in


def logic_of(definition: Definition, language: str) -> dict[str, Any]:
    """Types, required marks, conditions and jumps; options where they count or stand in a text."""
    named = {token.root for text in texts_of(definition) for token in tokens_in(_said(text, definition, language))}
    counted = {
        term.add.id
        for variable in definition.variables
        for term in variable.terms
        if isinstance(term.add, QuestionOperand)
    }
    parts = dump_parts(definition)
    parts.pop("quotas", None)
    parts.pop("shuffle", None)  # the page stands in the respondent's order already
    if "endings" in parts:
        parts["endings"] = [{"id": ending.id} for ending in definition.endings]
    made = parts | {"default_language": language} if named else parts

    def reduced(question: Question) -> dict[str, Any]:
        rules = _rules(question) | {"type": question.type}
        if question.required:
            rules["required"] = 1
        elif question.require_if is not None:
            rules["require_if"] = dump_condition(question.require_if)
        if question.id in named | counted and question.kind.has_options:
            rules |= _options(question, definition, language, spoken=question.id in named)
        return rules

    return made | {
        "blocks": [
            _rules(block) | {"questions": [reduced(each) for each in block.questions]}
            for block in definition.blocks
        ]
    }


def texts_of(definition: Definition) -> Iterator[Text]:
    """The texts of the form in which places can be filled."""
    for block in definition.blocks:
        yield block.title
        for question in block.questions:
            yield from (question.text, question.help, *(said.text for said in question.kind.texts(question)))


def _options(question: Question, definition: Definition, language: str, *, spoken: bool) -> dict[str, Any]:
    def option(code: str, points: float, text: Text) -> dict[str, Any]:
        made: dict[str, Any] = {"code": code} | ({"points": points} if points else {})
        return made | ({"text": {language: _said(text, definition, language)}} if spoken else {})

    rules: dict[str, Any] = {"options": [option(each.code, each.points, each.text) for each in question.options]}
    if spoken and question.other is not None:
        rules["other"] = {language: _said(question.other, definition, language)}
    return rules


def _said(text: Text, definition: Definition, language: str) -> str:
    return words(text, language, definition.default_language)


def _rules(thing: Block | Question) -> dict[str, Any]:
    rules: dict[str, Any] = {"id": thing.id}
    if thing.show_if is not None:
        rules["show_if"] = dump_condition(thing.show_if)
    if thing.jumps:
        rules["jumps"] = [dump_jump(jump) for jump in thing.jumps]
    return rules
