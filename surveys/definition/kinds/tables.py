"""Tables: several rows that are answered alike, each with figures of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from surveys.definition.ids import fresh
from surveys.definition.kinds.base import (
    PRESENCE,
    REQUIRED,
    Answer,
    Cell,
    Kind,
    Read,
    Refused,
    Say,
    Words,
    own_options,
)
from surveys.definition.kinds.choices import compare_codes, dump_options, read_options
from surveys.definition.options import Option
from surveys.definition.reader import Node, Problems, Seen
from surveys.wording import N_, Sentence

if TYPE_CHECKING:
    from surveys.definition.model import Question, QuestionType

MOST_ROWS = 50

NO_ROWS = N_("A table needs at least one row.")
NO_TABLE = N_("This must be an object with the answers by row.")
IN_ROW = N_("In “%(row)s”: %(problem)s")
ALL_ROWS = N_("Please answer each row.")


class Table(Kind):
    """Rows, each of which is answered like a question of the type `cell`.

    The answer is an object by the rows' codes; rows that were left out are not in it.
    """

    value = "rows"
    operators = PRESENCE

    def __init__(self, name: str, cell: Kind) -> None:
        super().__init__(name)
        self.cell = cell
        self.settings = ("rows", "shuffle", *(each for each in cell.settings if each not in ROWLESS))
        self.has_options = cell.has_options

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        found = {key: value for key, value in self.cell.read(node, seen).items() if key not in ROWLESS}
        return {**found, "rows": read_options(node.at("rows"), seen), "shuffle": node.at("shuffle").boolean()}

    def dump(self, question: "Question") -> dict[str, Any]:
        own = {key: value for key, value in self.cell.dump(question).items() if key not in ROWLESS}
        shuffle = {"shuffle": True} if question.shuffle else {}
        return {"rows": dump_options(question.rows), **shuffle, **own}

    def texts(self, question: "Question") -> Iterator[Words]:
        yield from own_options(question.rows, "rows")
        yield from self.cell.texts(question)

    def check(self, pointer: str, question: "Question", problems: Problems) -> None:
        if not question.rows:
            problems.add(f"{pointer}/rows", NO_ROWS)
        self.cell.check(pointer, question, problems)

    def compare(self, pointer: str, old: "Question", new: "Question", problems: Problems) -> None:
        compare_codes(f"{pointer}/rows", old.rows, new.rows, problems)
        self.cell.compare(pointer, old, new, problems)

    def start(self, taken: set[str]) -> dict[str, Any]:
        made = self.cell.start(taken)
        used = {*taken, *(option.id for option in made.get("options", ()))}
        first = fresh("o", used)
        rows = (Option(first, "row_1", {}), Option(fresh("o", {*used, first}), "row_2", {}))
        return {**made, "rows": rows}

    def scale(self, question: "Question") -> range:
        return self.cell.scale(question)

    def codes(self, question: "Question") -> tuple[str, ...]:
        return self.cell.codes(question)

    def fields(self, question: "Question") -> tuple[str, ...]:
        return tuple(row.code for row in question.rows)

    def parts(self, question: "Question") -> tuple["Question", ...]:
        kind = cast("QuestionType", self.cell.name)
        return tuple(
            replace(
                question,
                id=f"{question.id}.{row.code}",
                code=row.code,
                type=kind,
                text=row.text,
                rows=(),
                shuffle=False,
            )
            for row in question.rows
        )

    def reader(self, question: "Question") -> Read:
        rows = tuple(row.code for row in question.rows)
        known = frozenset(rows)
        cell = self.cell.reader(question)
        named = {row.code: dict(row.text) for row in question.rows}

        def read(raw: Any, language: str) -> Answer | None:
            if raw is None or raw == "":
                return None
            if not isinstance(raw, Mapping) or not known.issuperset(raw):
                raise Refused(NO_TABLE)
            found: dict[str, Any] = {}
            for row in rows:
                try:
                    value = cell(raw.get(row), language)
                except Refused as refused:
                    label = named[row].get(language) or next(iter(named[row].values()), row)
                    raise Refused(IN_ROW, row=label, problem=refused.sentence) from None
                if value is not None:
                    found[row] = value
            return found or None

        return read

    def lacking(self, question: "Question", value: Answer | None) -> Sentence | None:
        if not isinstance(value, Mapping):
            return Sentence(REQUIRED)
        return None if all(row.code in value for row in question.rows) else Sentence(ALL_ROWS)

    def store(self, value: Answer) -> Any:
        return {row: self.cell.store(each) for row, each in cast("Mapping[str, Answer]", value).items()}

    def load(self, stored: Any) -> Answer:
        return {row: self.cell.load(each) for row, each in stored.items()}

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        told = [(row, stored[row.code]) for row in question.rows if row.code in stored]
        return "\n".join(f"{say(row.text) or row.code}: {self.cell.say(question, each, say)}" for row, each in told)

    def columns(self, question: "Question") -> tuple[Cell, ...]:
        return tuple(Cell(f".{row.code}", taker(row.code), row.text) for row in question.rows)

    def accepts(self, question: "Question", value: float | str | bool) -> bool:
        return self.cell.accepts(question, value)


ROWLESS = frozenset({"other", "look", "unit", "shuffle"})
"""What a cell's type may have and a row has no room for. A table's own `shuffle` moves its rows."""


def taker(code: str) -> Callable[[Any], object]:
    """What stands under a code."""
    return lambda stored: (stored or {}).get(code)
