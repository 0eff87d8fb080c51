"""The typed document: a survey is blocks, a block is questions, a choice question has options.

Everything is immutable; an edit makes a new definition. Ids are short and opaque and stay with a thing for its
whole life, across versions, so that a trend survives a change of wording; codes are what people see in exports.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from surveys.definition.beside import Ending, HiddenField, Quota, Term, Variable
from surveys.definition.kinds import CHOICES, KINDS, SCORES, TEXTS, Kind
from surveys.definition.options import OTHER, Option, Text, words

QuestionType = Literal[
    "nps",
    "csat",
    "ces",
    "rating",
    "single_choice",
    "multiple_choice",
    "picture_choice",
    "short_text",
    "long_text",
    "number",
    "slider",
    "date",
    "time",
    "date_time",
    "email",
    "phone",
    "address",
    "matrix_single",
    "matrix_multiple",
    "matrix_rating",
    "ranking",
    "sum",
    "file_upload",
    "consent",
    "statement",
]

Operator = Literal[
    "equals",
    "not_equals",
    "less_than",
    "at_most",
    "more_than",
    "at_least",
    "one_of",
    "includes_any",
    "includes_all",
    "includes_none",
    "answered",
    "unanswered",
]

FORMAT = 1
END = "end"


@dataclass(frozen=True, slots=True)
class QuestionOperand:
    """The answer to a question, or to one of its rows."""

    id: str
    row: str = ""


@dataclass(frozen=True, slots=True)
class LanguageOperand:
    """The language in which the respondent answers."""


@dataclass(frozen=True, slots=True)
class HiddenOperand:
    """What a hidden field brought along."""

    code: str


@dataclass(frozen=True, slots=True)
class VariableOperand:
    """The value of a variable at that moment."""

    id: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the document. A list is a tuple here."""

    value: float | str | bool | tuple[float | str, ...]


Asked = QuestionOperand | LanguageOperand | HiddenOperand | VariableOperand
Operand = Asked | Constant


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison. About an answer that is not there, only `unanswered` is true."""

    left: Asked
    operator: Operator
    right: Operand | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all or any must hold."""

    connector: Literal["all", "any"]
    conditions: tuple["Condition", ...]


Condition = Comparison | Group


@dataclass(frozen=True, slots=True)
class Jump:
    """Where to go on: the id of a later block or of an ending, or `end`. Without a condition it always applies."""

    to: str
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question, or a statement that asks nothing. Which of the later fields count depends on `type`."""

    id: str
    code: str
    type: QuestionType
    text: Text
    help: Text = field(default_factory=dict)
    required: bool = False
    require_if: Condition | None = None
    """When it must be answered; `required` is always."""
    show_if: Condition | None = None
    jumps: tuple[Jump, ...] = ()
    fixed: bool = False
    """Whether it keeps its place when the questions of its block are shuffled."""
    shuffle: bool = False  # each respondent has their own order of options; of rows in tables
    options: tuple[Option, ...] = ()  # choices
    other: Text | None = None  # choices: the label of the respondent's own option
    min_choices: int = 0  # multiple choice; 0 is no lower bound
    max_choices: int = 0  # multiple choice; 0 is no upper bound
    points: int = 5  # rating: 3, 4, 5, 7 or 10
    look: Literal["number", "star"] = "number"  # rating
    low_label: Text = field(default_factory=dict)  # scores: what the lowest point means
    high_label: Text = field(default_factory=dict)  # scores: what the highest point means
    max_length: int = 0  # texts, in characters; 0 is the type's own limit
    lowest: float | None = None  # number: None is no bound; slider
    highest: float | None = None  # the same
    step: int = 1  # slider
    decimals: int = 0  # number: how many places it may have
    unit: Text = field(default_factory=dict)  # number, slider
    earliest: str = ""  # date, time, both: a day, `today-30`, or a time; "" is no bound
    latest: str = ""  # the same
    parts: tuple[str, ...] = ()  # address
    reason: Mapping[str, Text] | None = None  # nps: why, asked by camp; None asks for no reason
    rows: tuple[Option, ...] = ()  # tables
    total: int = 100  # sum
    max_files: int = 1  # file upload
    file_kinds: tuple[str, ...] = ()  # file upload: groups of kinds; none is all

    @property
    def kind(self) -> Kind:
        """What is particular to its type."""
        return KINDS[self.type]

    @property
    def asks(self) -> bool:
        """Whether it takes an answer; a statement does not."""
        return self.kind.stored != "nowhere"

    @property
    def scale(self) -> range:
        """The points that can be given; empty where the question has no scale."""
        return self.kind.scale(self)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that answers are counted under, in the order of a chart."""
        return self.kind.codes(self)

    @property
    def length_limit(self) -> int:
        """The longest text in characters."""
        return self.max_length or (500 if self.type == "short_text" else 10_000)


@dataclass(frozen=True, slots=True)
class Block:
    """Questions that stand on one page."""

    id: str
    questions: tuple[Question, ...] = ()
    title: Text = field(default_factory=dict)
    show_if: Condition | None = None
    jumps: tuple[Jump, ...] = ()
    shuffle: bool = False
    """Whether its questions stand in an order of each respondent's own."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole survey as written. `correction_minutes` is how long a finished response may be corrected.

    `shuffle` names groups of blocks that change places with each other.
    """

    default_language: str
    languages: tuple[str, ...]
    blocks: tuple[Block, ...]
    title: Text = field(default_factory=dict)
    thanks: Text = field(default_factory=dict)
    correction_minutes: int = 1440
    endings: tuple[Ending, ...] = ()
    variables: tuple[Variable, ...] = ()
    hidden: tuple[HiddenField, ...] = ()
    quotas: tuple[Quota, ...] = ()
    shuffle: tuple[tuple[str, ...], ...] = ()

    @property
    def questions(self) -> Iterator[Question]:
        """All questions in the order of the document."""
        return (question for block in self.blocks for question in block.questions)


__all__ = [
    "CHOICES",
    "END",
    "FORMAT",
    "OTHER",
    "SCORES",
    "TEXTS",
    "Asked",
    "Block",
    "Comparison",
    "Condition",
    "Constant",
    "Definition",
    "Ending",
    "Group",
    "HiddenField",
    "HiddenOperand",
    "Jump",
    "LanguageOperand",
    "Operand",
    "Operator",
    "Option",
    "Question",
    "QuestionOperand",
    "QuestionType",
    "Quota",
    "Term",
    "Text",
    "Variable",
    "VariableOperand",
    "words",
]
