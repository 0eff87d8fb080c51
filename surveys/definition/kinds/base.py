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

Answer = int | str | bool | tuple[str, ...]
"""A score, an option's code or a text, a consent, the codes of several options."""

Read = Callable[[Any], Answer | None]
"""Reads one raw value: the answer, or None when there is none. Raises Refused with a sentence."""

Place = Literal["answers", "texts", "nowhere"]

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


class Kind:
    """One type of question."""

    settings: ClassVar[tuple[str, ...]] = ()
    """The fields of the document that it has beside those of every question."""
    stored: ClassVar[Place] = "answers"
    """Where answers lie: counted in `answers`, kept as they are in `texts`, or nowhere, for it asks nothing."""
    operators: ClassVar[frozenset[str]] = frozenset()
    """What a condition may do with an answer."""
    is_score: ClassVar[bool] = False
    """Whether answers are points of a scale, which can be compared with those of another scale."""
    has_options: ClassVar[bool] = False
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

    def reader(self, question: "Question") -> Read:
        """The function that reads raw answers."""
        return lambda raw: None

    def lacking(self, value: Answer | None) -> Sentence | None:
        """What is said to who must answer and gave this; None when it is an answer."""
        return Sentence(REQUIRED) if value is None else None

    def accepts(self, question: "Question", value: int | str | bool) -> bool:
        """Whether a condition may compare an answer with this constant."""
        return False


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
