"""Reading untrusted JSON with a pointer to every place that is wrong.

`Node` walks a document and collects problems instead of stopping at the first, so that an author sees all of
them. Nothing here trusts a type, a size or a depth.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from infra.errors import Invalid
from surveys.definition.ids import ID
from surveys.wording import N_, Sentence

MAX_NODES = 40_000
MAX_DEPTH = 24
MAX_CHARACTERS = 1_000_000
MAX_TEXT = 5_000
MAX_PROBLEMS = 100

UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Control characters and lone surrogates: PostgreSQL or XML refuse them."""

MISSING = object()

NO_ID = N_("This must be an id like “q_7h3k2m”.")
NO_CODE = N_("A code has 1 to 40 characters: a to z, 0 to 9 and _.")
TAKEN = N_("This is already used at another place.")


class DefinitionInvalid(Invalid):
    """The document is no survey definition. `problems` maps JSON pointers (RFC 6901) to sentences."""

    code = "definition_invalid"
    message = N_("This survey definition has problems.")


class Problems:
    """Collects sentences by JSON pointer, up to a bound."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        self.count = 0

    def add(self, pointer: str, message: str, **fields: object) -> None:
        self.count += 1
        if self.count <= MAX_PROBLEMS:
            self.found.setdefault(pointer, []).append(Sentence(message, **fields))

    def raise_if_any(self) -> None:
        if self.found:
            raise DefinitionInvalid(problems=self.found)


def check_size(document: object) -> None:
    """Raises DefinitionInvalid for a document too large, too deep or of foreign types, without recursion."""
    problems = Problems()
    stack: list[tuple[object, int]] = [(document, 0)]
    nodes = characters = 0
    while stack:
        value, depth = stack.pop()
        nodes += 1
        if isinstance(value, str):
            characters += len(value)
        elif isinstance(value, Mapping):
            characters += sum(len(key) for key in value if isinstance(key, str))
            stack.extend((item, depth + 1) for item in value.values())
        elif isinstance(value, Sequence):
            stack.extend((item, depth + 1) for item in value)
        if nodes + len(stack) > MAX_NODES or characters > MAX_CHARACTERS:
            problems.add("", N_("The document is too large."))
            break
        if depth > MAX_DEPTH:
            problems.add("", N_("The document is nested too deeply."))
            break
    problems.raise_if_any()


class Node:
    """A place in the document: its value, its pointer, and where problems go."""

    __slots__ = ("pointer", "problems", "value")

    def __init__(self, value: object, pointer: str, problems: Problems) -> None:
        self.value = value
        self.pointer = pointer
        self.problems = problems

    @property
    def missing(self) -> bool:
        return self.value is MISSING

    def complain(self, message: str, **fields: object) -> None:
        """Notes a problem at this place."""
        self.problems.add(self.pointer, message, **fields)

    def fields(self, required: Sequence[str], optional: Sequence[str] = ()) -> bool:
        """Whether this is an object with the required fields; names missing and unknown ones."""
        if not isinstance(self.value, Mapping):
            self.complain(N_("This must be an object."))
            return False
        for key in self.value:
            if key not in required and key not in optional:
                self._below(str(key)[:60]).complain(N_("This field is not known here."))
        absent = [key for key in required if key not in self.value]
        for key in absent:
            self._below(key).complain(N_("This field is missing."))
        return not absent

    def at(self, key: str) -> "Node":
        """The field of an object; `missing` when it is not there."""
        value = (
            cast("Mapping[str, Any]", self.value).get(key, MISSING) if isinstance(self.value, Mapping) else MISSING
        )
        return self._below(key, value)

    def items(self, most: int) -> Iterator["Node"]:
        """The items of a list; a missing list is empty."""
        if self.missing:
            return
        if not isinstance(self.value, list | tuple):
            self.complain(N_("This must be a list."))
            return
        if len(self.value) > most:
            self.complain(N_("There may be at most %(most)s here."), most=most)
            return
        for index, value in enumerate(self.value):
            yield self._below(str(index), value)

    def integer(self, low: int, high: int, default: int = 0) -> int:
        """A whole number between the bounds."""
        if self.missing:
            return default
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not low <= self.value <= high:
            self.complain(N_("This must be a whole number from %(low)s to %(high)s."), low=low, high=high)
            return default
        return self.value

    def number(self, most: float, default: float = 0) -> float:
        """A number of at most four decimals, whole ones as int; `most` bounds its size on both sides."""
        if self.missing:
            return default
        found = decimal(self.value, most)
        if found is None:
            self.complain(N_("This must be a number with at most four decimals, up to %(most)s."), most=int(most))
            return default
        return found

    def bound(self, largest: int) -> int | float | None:
        """A number up to `largest`, with 15 digits at most; None when there is none."""
        if self.missing or self.value is None:
            return None
        found = exact(self.value, largest)
        if found is None:
            self.complain(N_("This must be a number of at most 15 digits."))
        return found

    def boolean(self, default: bool = False) -> bool:
        if self.missing:
            return default
        if not isinstance(self.value, bool):
            self.complain(N_("This must be true or false."))
            return default
        return self.value

    def one_of(self, values: Sequence[Any], default: Any = "") -> Any:
        """One of the listed words or numbers."""
        if self.missing:
            return default
        for value in values:
            if type(self.value) is type(value) and self.value == value:
                return value
        self.complain(N_("This must be one of: %(values)s."), values=", ".join(str(value) for value in values))
        return default

    def string(self, pattern: re.Pattern[str], message: str) -> str:
        """A string that matches the whole pattern."""
        if not isinstance(self.value, str) or not pattern.fullmatch(self.value):
            self.complain(message)
            return ""
        return self.value

    def text(self, languages: Sequence[str]) -> dict[str, str]:
        """Words by language. Languages the survey does not have are refused, absent ones are left out."""
        if self.missing:
            return {}
        if not isinstance(self.value, Mapping):
            self.complain(N_("This must be an object with one text for each language."))
            return {}
        found: dict[str, str] = {}
        for key, words in self.value.items():
            place = self._below(str(key)[:60], words)
            if key not in languages:
                place.complain(N_("The survey does not have this language."))
            elif not isinstance(words, str):
                place.complain(N_("This must be a text."))
            elif len(words) > MAX_TEXT:
                place.complain(N_("This text is longer than %(most)s characters."), most=MAX_TEXT)
            elif UNSTORABLE.search(words):
                place.complain(N_("This text contains control characters."))
            else:
                found[key] = words
        return found

    def _below(self, key: str, value: object = MISSING) -> "Node":
        return Node(value, f"{self.pointer}/{key.replace('~', '~0').replace('/', '~1')}", self.problems)


class Seen:
    """What must be unique in the document, and the languages its texts may have."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self.languages = languages
        self.ids: set[str] = set()
        self.codes: set[str] = set()
        self.questions = 0

    def id(self, node: Node, prefix: str) -> str:
        """An id of that kind which stands nowhere else."""
        value = node.string(ID, NO_ID)
        if value and not value.startswith(prefix):
            node.complain(N_("This id must start with “%(prefix)s”."), prefix=prefix)
        return unique(node, value, self.ids)


def exact(value: object, largest: int) -> int | float | None:
    """The value if it is a number of at most 15 digits within the bound, which every program reads alike."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= largest:
        return None
    if len(repr(value).strip("-0").replace(".", "")) > 15:
        return None
    return int(value) if value == int(value) else value


def decimal(value: object, most: float) -> float | None:
    """The value if it is a number of at most four decimals within the bound; whole numbers as int."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        return None
    if isinstance(value, int) or value == int(value):
        return int(value)
    return value if round(value, 4) == value else None


def unique(node: Node, value: str, taken: set[str]) -> str:
    """The value, which is taken from now on; a problem when it was taken before."""
    if value and value in taken:
        node.complain(TAKEN)
    taken.add(value)
    return value
