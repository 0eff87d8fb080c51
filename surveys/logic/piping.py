"""Filling the places of a text with what is known."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from surveys.definition import OTHER, Definition, Question, words
from surveys.definition.tokens import TOKEN, Token
from surveys.definition.values import LISTS, NUMBERS
from surveys.logic.state import State

Say = Callable[[Token], str]
"""The words for a place; empty when nothing is known, and its fall-back stands there."""


def filled(text: str, say: Say) -> str:
    """The text with its places filled. What is filled in is not looked through again."""
    if "{{" not in text:
        return text

    def words_at(found: re.Match[str]) -> str:
        token = Token.of(found)
        return say(token) or token.otherwise

    return TOKEN.sub(words_at, text)


def number_text(value: float) -> str:
    """A number as it is written: digits, a point in those that are not whole, no exponent."""
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")


def sayer(definition: Definition, state: State, own_words: Mapping[str, Any]) -> Say:
    """What is said at the places of this survey's texts. `own_words` holds what stands beside `other`, under
    `<question id>.other`."""
    questions = {question.id: question for question in definition.questions}

    def say(token: Token) -> str:
        if token.root == "hidden":
            return _plain(state.hidden.get(token.rest))
        if token.root.startswith("v_"):
            return _plain(state.variable(token.root))
        question, value = questions.get(token.root), state.answers.get(token.root)
        if question is None or value is None:
            return ""
        if token.rest:
            value = value.get(token.rest) if isinstance(value, Mapping) else None
        return _of_question(question, value, own_words.get(f"{question.id}.{OTHER}"))

    def _of_question(question: Question, value: Any, own: Any) -> str:
        labels = labels_of(question, definition, state.language)
        if own and isinstance(own, str):
            labels[OTHER] = own
        if isinstance(value, LISTS):
            return ", ".join(said for one in value if (said := _labelled(one, labels)))
        return _labelled(value, labels)

    return say


def labels_of(question: Question, definition: Definition, language: str) -> dict[str, str]:
    """The words of the options by code, where they have some."""
    default = definition.default_language
    found = {option.code: words(option.text, language, default) for option in question.options}
    if question.other is not None:
        found[OTHER] = words(question.other, language, default)
    return {code: label for code, label in found.items() if label}


def _labelled(value: Any, labels: Mapping[str, str]) -> str:
    return _plain(labels.get(value, value) if isinstance(value, str) else value)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return number_text(value) if type(value) in NUMBERS else ""
