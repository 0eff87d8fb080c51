"""What one row says about a person, checked by what forms and programs are checked by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from customers import people, typed, values
from customers.imports import columns, seams
from customers.models import Attribute
from customers.values import Unfit
from infra import sheets
from infra.i18n import N_

Problem = list[Any]
"""`[column, message, fields]`: never what stood in the cell. Column -1 is the row as a whole."""

WHOLE = -1
YES_NO = {
    **dict.fromkeys(("ja", "oui", "x", "wahr", "vrai", "y", "j"), "yes"),
    **dict.fromkeys(("nein", "non", "falsch", "faux", "n"), "no"),
}
NOBODY = people.NOBODY
AMBIGUOUS = N_("Several customers have this e-mail address; an external id would tell them apart.")
GONE = N_("Somebody merged or erased this customer while the file was imported.")
NO_COMPANY_ID = N_("No company has this external id. Map its name too, then it is added.")
WITHOUT_EXAMPLE = N_("Write the e-mail address alone, without a name.")


@dataclass(slots=True)
class Row:
    """What was read. `texts` and `attributes` hold filled cells only: an empty one leaves what is stored."""

    number: int
    texts: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    company: str = ""
    company_id: str = ""
    extras: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    email_index: bytes = b""


class Reader:
    """Reads rows by a mapping. Attributes that are yet to be declared are checked by the type they will have."""

    def __init__(self, mapping: Sequence[str], attributes: Sequence[Attribute]) -> None:
        declared = {columns.ATTRIBUTE + each.code: each for each in attributes}
        self._columns: list[tuple[int, str, Callable[[str], Any]]] = []
        for at, meaning in enumerate(mapping):
            check = self._check_of(meaning, declared)
            if check is not None:
                self._columns.append((at, meaning, check))

    def read(self, number: int, cells: Sequence[str]) -> Row:
        """The row with whatever is wrong with it."""
        row = Row(number)
        for at, meaning, check in self._columns:
            text = sheets.plain(cells[at].strip()) if at < len(cells) else ""
            if not text:
                continue
            try:
                self._keep(row, meaning, check(text))
            except Unfit as unfit:
                row.problems.append(problem(at, unfit))
        first, last = row.texts.pop("first_name", ""), row.texts.pop("last_name", "")
        if (first or last) and "name" not in row.texts:
            row.texts["name"] = f"{first} {last}".strip()[: values.LONGEST_NAME]
        return row

    @staticmethod
    def _check_of(meaning: str, declared: Mapping[str, Attribute]) -> Callable[[str], Any] | None:
        if meaning in people.CHECKS:
            return people.CHECKS[meaning]
        if meaning in ("first_name", "last_name", "company"):
            return values.name
        if meaning == "company_external_id":
            return values.external_id
        if meaning.startswith(columns.EXTRA):
            return seams.check_of(meaning.removeprefix(columns.EXTRA))
        if meaning.startswith(columns.NEW):
            made = Attribute(code="new", type=meaning.removeprefix(columns.NEW), options=[])
            return lambda text: typed.typed(made, _cell(made, text))
        if meaning in declared:
            attribute = declared[meaning]
            return lambda text: typed.typed(attribute, _cell(attribute, text))
        return None

    @staticmethod
    def _keep(row: Row, meaning: str, value: Any) -> None:
        if meaning == "company":
            row.company = value
        elif meaning == "company_external_id":
            row.company_id = value
        elif meaning.startswith(columns.ATTRIBUTE):
            row.attributes[meaning.removeprefix(columns.ATTRIBUTE)] = value
        elif meaning.startswith(columns.EXTRA):
            row.extras[meaning.removeprefix(columns.EXTRA)] = value
        elif not meaning.startswith(columns.NEW) and value:
            row.texts[meaning] = value


def problem(column: int, unfit: Unfit) -> Problem:
    """Why a cell cannot be taken, with the numbers of the sentence only."""
    message = WITHOUT_EXAMPLE if unfit.sentence.message == values.DISPLAY_NAME else unfit.sentence.message
    return [column, message, {name: each for name, each in unfit.sentence.fields.items() if isinstance(each, int)}]


def _cell(attribute: Attribute, text: str) -> str:
    """Cells of spreadsheets as forms write them: days of Central Europe, yes in three languages."""
    if attribute.type == "boolean":
        return YES_NO.get(text.casefold(), text)
    if attribute.type == "date":
        parts = text.partition(" ")[0].partition("T")[0].split(".")
        if len(parts) == 3 and all(part.isdigit() for part in parts) and len(parts[2]) == 4:
            return f"{parts[2]}-{parts[1]:0>2}-{parts[0]:0>2}"
        return text[:10] if len(text) > 10 and text[10] in " T" else text
    if attribute.type == "text":
        return " ".join(text.split()) if "\n" in text or "\r" in text or "\t" in text else text
    return text
