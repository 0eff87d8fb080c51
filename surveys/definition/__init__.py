"""The survey definition: a typed document, read from and written to JSON, and checked before it is published.

`parse` turns untrusted JSON into a `Definition` or names every problem by JSON pointer; `dump` goes back;
`problems_for_publishing` asks what a draft may leave open. `docs/survey-definition.md` describes the format.
"""

from surveys.definition.checks import problems_for_publishing
from surveys.definition.conditions import dump_condition
from surveys.definition.kinds import KINDS, Kind
from surveys.definition.kinds.scores import RATING_POINTS
from surveys.definition.model import (
    CHOICES,
    END,
    FORMAT,
    OTHER,
    SCORES,
    TEXTS,
    Block,
    Comparison,
    Condition,
    Constant,
    Definition,
    Group,
    Jump,
    LanguageOperand,
    Operand,
    Option,
    Question,
    QuestionOperand,
    QuestionType,
    Text,
    words,
)
from surveys.definition.parsing import TYPES, dump, dump_question, parse
from surveys.definition.reader import DefinitionInvalid

__all__ = [
    "CHOICES",
    "END",
    "FORMAT",
    "KINDS",
    "OTHER",
    "RATING_POINTS",
    "SCORES",
    "TEXTS",
    "TYPES",
    "Block",
    "Comparison",
    "Condition",
    "Constant",
    "Definition",
    "DefinitionInvalid",
    "Group",
    "Jump",
    "Kind",
    "LanguageOperand",
    "Operand",
    "Option",
    "Question",
    "QuestionOperand",
    "QuestionType",
    "Text",
    "dump",
    "dump_condition",
    "dump_question",
    "parse",
    "problems_for_publishing",
    "words",
]
