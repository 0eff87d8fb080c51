"""What stands in a definition beside its blocks."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from surveys.definition.options import Text

if TYPE_CHECKING:
    from surveys.definition.model import Condition, Operand


@dataclass(frozen=True, slots=True)
class Ending:
    """What somebody reads at the end when a jump or a full quota leads there, instead of `Definition.thanks`.

    With a `url` there is a button that leads on, and with `redirect` the page goes there by itself.
    """

    id: str
    text: Text
    title: Text = field(default_factory=dict)
    button: Text = field(default_factory=dict)
    url: str = ""
    redirect: bool = False
    counts: bool = True
    """Whether the response counts; one who was screened out does not."""


@dataclass(frozen=True, slots=True)
class Term:
    """What is added to a variable: the operand's amount, so many times, when the condition holds."""

    add: "Operand"
    times: float = 1
    when: "Condition | None" = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A number that follows from the answers given so far."""

    id: str
    code: str
    start: float = 0
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class HiddenField:
    """Something the link brings along and nobody is asked. With `values`, anything else counts as absent."""

    code: str
    type: Literal["text", "number"] = "text"
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quota:
    """How many finished responses of a sort are wanted. Who comes later is led to the ending (none: `thanks`)."""

    id: str
    name: str
    when: "Condition | None"
    limit: int
    ending: str = ""
