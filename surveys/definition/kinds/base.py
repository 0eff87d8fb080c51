"""What there is to say about a type of question, apart from how it looks.

A new type is a subclass in a module of this package, its name in `QuestionType` and `KINDS`, and a macro for each
of the two pages that show it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from surveys.definition.options import Option, Text
from surveys.definition.reader import Node, Problems, Seen
from surveys.wording import N_, Sentence

if TYPE_CHECKING:
    from surveys.definition.model import Question

Answer = int | float | str | bool | tuple[Any, ...] | Mapping[str, Any]
"""A score or number, an option's code or a text, a consent, the codes of several options, an answer of several
parts by the code of each."""

Read = Callable[[Any, str], Answer | None]
"""Reads one raw value in the language it was typed in: the answer, or None when there is none. Raises Refused
with a sentence."""

Say = Callable[[Text], str]
"""A text in the language of whoever reads it."""

Place = Literal["answers", "texts", "nowhere"]
Value = Literal["number", "code", "codes", "boolean", "text", "moment", "rows", "parts", "files", "nothing"]

REQUIRED = N_("Please answer this question.")

PRESENCE = frozenset({"answered", "unanswered"})
EQUALITY = frozenset({"equals", "not_equals", "one_of"})
ORDER = frozenset({"less_than", "at_most", "more_than", "at_least"})
INCLUSION = frozenset({"includes_any", "includes_all", "includes_none"})


class Refused(Exception):
    """A raw answer that cannot be accepted; the sentence is its argument."""

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(message)
        self.sentence = Sentence(message, **fields)


@dataclass(frozen=True, slots=True)
class Words:
    """A text of a question, by its pointer within the question. What is needed must be there in every language."""

    pointer: str
    text: Text
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a file: its heading behind that of the question, the label of that part for files in words,
    and what stands in it of a stored answer. A list holds codes, which become words as the question's options."""

    suffix: str
    take: Callable[[Any], object]
    label: Text | None = None


class Kind:
    """One type of question."""

    settings: tuple[str, ...] = ()
    """The fields of the document that it has beside those of every question."""
    stored: ClassVar[Place] = "answers"
    """Where answers lie: counted in `answers`, kept as they are in `texts`, or nowhere, for it asks nothing."""
    operators: ClassVar[frozenset[str]] = frozenset()
    """What a condition may do with an answer."""
    value: ClassVar[Value] = "text"
    """What an answer is to a condition; numbers compare with any number, moments with those of the same type."""
    is_score: ClassVar[bool] = False
    """Whether answers are points of a scale that are counted one by one."""
    has_options: bool = False
    remark: ClassVar[str] = ""
    """Behind a dot, the name under which a form sends words beside the answer; they are kept in `texts`."""
    unsaid: ClassVar[Answer | None] = None
    """What a finished response says when nothing was sent."""

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        """The type's own settings from the document, as fields of a Question; problems are noted at the node."""
        return {}

    def dump(self, question: "Question") -> dict[str, Any]:
        """The type's own settings as JSON, without what has its default."""
        return {}

    def texts(self, question: "Question") -> Iterator[Words]:
        """The type's own words."""
        return iter(())

    def check(self, pointer: str, question: "Question", problems: Problems) -> None:
        """Notes what stands against publishing."""

    def compare(self, pointer: str, old: "Question", new: "Question", problems: Problems) -> None:
        """Notes what would give answers that were already given another meaning."""

    def start(self, taken: set[str]) -> dict[str, Any]:
        """Settings of a new question; ids in `taken` are used."""
        return {}

    def scale(self, question: "Question") -> range:
        """The points that can be given; empty where there is no scale."""
        return range(0)

    def codes(self, question: "Question") -> tuple[str, ...]:
        """The codes that answers are counted under, in the order of a chart."""
        return ()

    def fields(self, question: "Question") -> tuple[str, ...]:
        """The names, behind a dot, under which a form sends the parts of an answer one by one."""
        return ()

    def parts(self, question: "Question") -> tuple["Question", ...]:
        """Questions of the same survey in one: each has figures of its own under its id, `q_7h3k2m.price`."""
        return ()

    def remarks(self, question: "Question", value: Answer) -> bool:
        """Whether words may stand beside this answer."""
        return False

    def may_remark(self, question: "Question") -> bool:
        """Whether words may stand beside any answer to it."""
        return False

    def reader(self, question: "Question") -> Read:
        """The function that reads raw answers."""
        return lambda raw, language: None

    def lacking(self, question: "Question", value: Answer | None) -> Sentence | None:
        """What is said to who must answer and gave this; None when it is an answer."""
        return Sentence(REQUIRED) if value is None else None

    def store(self, value: Answer) -> Any:
        """The answer as JSON; what is sent in once more is the same answer."""
        return list(value) if isinstance(value, tuple) else value

    def load(self, stored: Any) -> Answer:
        """A stored answer as conditions compare it."""
        found: Answer = tuple(stored) if isinstance(stored, list) else stored
        return found

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        """A stored answer in words, in the language in use."""
        return str(stored)

    def columns(self, question: "Question") -> tuple["Cell", ...]:
        """What stands in files, one column each."""
        return (Cell("", lambda stored: stored),)

    def accepts(self, question: "Question", value: float | str | bool) -> bool:
        """Whether a condition may compare an answer with this constant."""
        return False

    def around(self, value: str) -> tuple[str, ...]:
        """A value and the ones just before and behind it, where values have an order that is no number's."""
        return ()

    def part(self, question: "Question", row: str) -> "Question | None":
        """What a row would be as a question of its own, for conditions that ask for it; None without such a row."""
        return next((part for part in self.parts(question) if part.code == row), None)


def own_options(options: tuple[Option, ...], name: str = "options") -> Iterator[Words]:
    """The words of options."""
    return (Words(f"/{name}/{index}/text", option.text, needed=True) for index, option in enumerate(options))


def without_defaults(fields: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
    """The fields that differ from their default; empty objects and lists are left out."""
    return {
        key: value
        for key, value in fields.items()
        if value != defaults.get(key) and value != {} and value != [] and value is not None
    }
