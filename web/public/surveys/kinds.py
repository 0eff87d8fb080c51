"""What the page says about the inputs of types that need more than a label."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from infra.i18n import N_, format_date, format_number, format_size, gettext, separators
from surveys import files
from surveys.definition import Definition, Question
from surveys.definition.kinds.contact import PART_NAMES
from surveys.definition.kinds.files import LARGEST
from surveys.definition.kinds.order import places
from surveys.wording import Sentence

WITH_SCRIPT = frozenset(
    {
        *("number", "slider", "date", "time", "date_time", "email", "phone", "address"),
        *("matrix_single", "matrix_multiple", "matrix_rating", "ranking", "sum", "picture_choice", "file_upload"),
    }
)
"""Types whose inputs `kinds.js` reads and `kinds.css` lays out; a page without them loads neither."""


def needs_more(question: Question) -> bool:
    """Whether the page has to load more for it."""
    return question.type in WITH_SCRIPT or question.reason is not None


ONE_LINE = frozenset({"short_text", "long_text", "number", "slider", "date", "time", "date_time", "email", "phone"})
"""Types that are one input with one label; the others are a group with a legend."""

ACCEPTED = {
    "image": "image/*",
    "document": ".pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.odt,.ods,.odp,.txt,.csv",
    "audio": "audio/*",
    "video": "video/*",
    "archive": ".zip",
}
"""What a browser offers to choose from; what a file is, the server sees in it."""

EACH_ROW = N_("Please answer each row.")


@dataclass(frozen=True, slots=True)
class Typed:
    """How numbers are typed in the language, and what the parts of an address are called."""

    point: str
    group: str
    parts: dict[str, str]


def context(definition: Definition, language: str) -> dict[str, object]:
    """What the templates of a page ask for, in the language in use."""
    return {
        "typed": typed(language),
        "hint": hint,
        "faults_of": faults,
        "one_line": ONE_LINE,
        "uploaded": uploaded,
        "accepted": ACCEPTED,
        "largest_file": LARGEST,
        "more_kinds": any(needs_more(question) for question in definition.questions),
    }


def typed(language: str) -> Typed:
    """In the language in use."""
    point, group = separators(language)
    return Typed(point, group, {part: gettext(name) for part, name in PART_NAMES.items()})


def hint(question: Question) -> str:
    """What can be answered, below the question; nothing where the inputs say it themselves."""
    if question.type == "number":
        return _bounds(question.lowest, question.highest, question.decimals)
    if question.type == "slider":
        return _bounds(question.scale[0], question.scale[-1], 0)
    if question.type == "ranking":
        return gettext("Give each place from 1 to %(most)s to one option; 1 comes first.", most=places(question))
    if question.type == "sum":
        return gettext("The numbers add up to %(total)s.", total=format_number(question.total))
    if question.type == "file_upload":
        return gettext("Up to 25 MB each.") if question.max_files > 1 else gettext("Up to 25 MB.")
    if question.type == "phone":
        return gettext("With the country, such as +49 30 1234567.")
    return ""


def faults(question: Question) -> dict[str, str]:
    """What the script says beside an answer that cannot be, or of which a part is missing."""
    if question.type in ("number", "slider"):
        return {"wrong": _please(question)}
    if question.type == "ranking":
        return {"wrong": gettext("Please give each place to one option only, and begin with 1.")}
    if question.type == "sum":
        total = format_number(question.total)
        return {"wrong": gettext("Please enter whole numbers that add up to %(total)s.", total=total)}
    if question.type.startswith("matrix_"):
        return {"lacks": gettext(EACH_ROW)}
    if question.type == "address":
        return {"lacks": gettext("Please fill in all parts of the address.")}
    return {}


def uploaded(given: Any) -> list[tuple[str, str, str]]:
    """Token, name and size of each file that a form names, to show it again."""
    tokens: Sequence[Any] = given if isinstance(given, list) else [given]
    found = [(each, files.peek(each)) for each in tokens if isinstance(each, str) and each]
    return [(each, file["name"], format_size(file["size"])) for each, file in found if file is not None]


def said(sentence: str) -> str:
    """A sentence of the domain in the language in use, with what stands in it as the language writes it."""
    if not isinstance(sentence, Sentence):
        return sentence
    return gettext(sentence.message, **{name: _written(value) for name, value in sentence.fields.items()})


def _written(value: object) -> object:
    """Sentences in sentences, days, exact numbers; anything else as it is."""
    if isinstance(value, Sentence):
        return said(value)
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, Decimal):
        return format_number(value, max(0, -int(value.as_tuple().exponent)))
    return value


def _bounds(lowest: float | None, highest: float | None, decimals: int) -> str:
    least, most = (None if each is None else _number(each) for each in (lowest, highest))
    if least and most:
        return gettext("A number from %(least)s to %(most)s", least=least, most=most)
    if least:
        return gettext("A number of %(least)s or more", least=least)
    if most:
        return gettext("A number of %(most)s or less", most=most)
    return "" if decimals else gettext("A whole number")


def _please(question: Question) -> str:
    said = hint(question)
    if not said:
        return gettext("Please enter a number.")
    return gettext("Please check: %(rule)s.", rule=said)


def _number(value: float) -> str:
    return format_number(value, len(str(value).partition(".")[2]) if value != int(value) else 0)
