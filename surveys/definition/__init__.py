"""The survey definition: a typed document, read from and written to JSON, and checked before it is published.

`parse` turns untrusted JSON into a `Definition` or names every problem by JSON pointer; `dump` goes back;
`problems_for_publishing` asks what a draft may leave open. `docs/survey-definition.md` describes the format.
"""

from surveys.definition.checks import problems_for_publishing
from surveys.definition.conditions import dump_condition
from surveys.definition.estimate import Estimate, estimate
from surveys.definition.kinds import KINDS, Kind
from surveys.definition.kinds.scores import RATING_POINTS
from surveys.definition.model import (
    CHOICES,
    END,
    FORMAT,
    OTHER,
    SCORES,
    TEXTS,
    Asked,
    Block,
    Comparison,
    Condition,
    Constant,
    Definition,
    Ending,
    Group,
    HiddenField,
    HiddenOperand,
    Jump,
    LanguageOperand,
    Operand,
    Option,
    Question,
    QuestionOperand,
    QuestionType,
    Quota,
    Term,
    Text,
    Variable,
    VariableOperand,
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
    "Asked",
    "Block",
    "Comparison",
    "Condition",
    "Constant",
    "Definition",
    "DefinitionInvalid",
    "Ending",
    "Estimate",
    "Group",
    "HiddenField",
    "HiddenOperand",
    "Jump",
    "Kind",
    "LanguageOperand",
    "Operand",
    "Option",
    "Question",
    "QuestionOperand",
    "QuestionType",
    "Quota",
    "Term",
    "Text",
    "Variable",
    "VariableOperand",
    "dump",
    "dump_condition",
    "dump_question",
    "estimate",
    "parse",
    "problems_for_publishing",
    "words",
]
