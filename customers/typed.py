"""Whether a value fits its declared attribute, and what of it is stored: text, a number, an ISO date, an option's
code, or true and false. One reader for forms, API and import.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from customers import values
from customers.errors import AttributeInvalid
from customers.models import Attribute
from customers.values import Unfit
from infra.i18n import N_

MOST_DIGITS = 15
"""Of a number: as many as every program that reads it keeps exactly (IEEE 754)."""
LONGEST_TEXT = 2_000
UNDECLARED = N_("No attribute is declared with this code.")
BAD_NUMBER = N_("Write a number, such as 12 or 3.5.")
LONG_NUMBER = N_("Use at most %(most)s digits.")
BAD_DATE = N_("Write the day as year, month and day, such as 2026-03-31.")
BAD_OPTION = N_("Choose one of the options.")
BAD_BOOLEAN = N_("Say yes or no.")
BAD_TEXT = N_("Write this as text.")

YES, NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


def fit(declared: Sequence[Attribute], given: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The stored values with the given ones: typed, checked; None and empty text take one away.

    Raises AttributeInvalid with a problem `attributes.<code>` for each that does not fit.
    """
    known = {attribute.code: attribute for attribute in declared}
    done, problems = dict(stored), dict[str, list[str]]()
    for code, value in given.items():
        try:
            found = typed(known.get(code), value)
        except Unfit as unfit:
            problems[f"attributes.{code}"] = [unfit.sentence]
            continue
        if found is None:
            done.pop(code, None)
        else:
            done[code] = found
    if problems:
        raise AttributeInvalid(problems=problems)
    return done


def typed(attribute: Attribute | None, value: Any) -> Any:
    """The value as it is stored, None for an empty one. Raises Unfit."""
    if attribute is None:
        raise Unfit(UNDECLARED)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if attribute.type == "text":
        return _text(value)
    if attribute.type == "number":
        return number(value)
    if attribute.type == "date":
        return day(value)
    if attribute.type == "boolean":
        return truth(value)
    codes = {option["code"]: option["code"] for option in attribute.options}
    labels = {option["label"].casefold(): option["code"] for option in attribute.options}
    chosen = codes.get(value) or labels.get(value.strip().casefold()) if isinstance(value, str) else None
    if chosen is None:
        raise Unfit(BAD_OPTION)
    return chosen


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit(BAD_TEXT)
    return values.line(value, LONGEST_TEXT)


def number(value: Any) -> int | float:
    """Digits with a point, or with a comma where it cannot be a separator of thousands. Raises Unfit."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Unfit(BAD_NUMBER)
    text = str(value).strip()
    if not re.fullmatch(r"[+-]?\d{1,40}([.,]\d{1,40})?([eE][+-]?\d{1,2})?", text, re.ASCII):
        raise Unfit(BAD_NUMBER)
    if re.fullmatch(r"[+-]?\d{1,3},\d{3}", text):
        raise Unfit(BAD_NUMBER)
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise Unfit(BAD_NUMBER) from None
    if len(found.normalize().as_tuple().digits) > MOST_DIGITS or abs(found) >= 10**MOST_DIGITS:
        raise Unfit(LONG_NUMBER, most=MOST_DIGITS)
    return int(found) if found == found.to_integral_value() else float(found)


def day(value: Any) -> str:
    """An ISO date of four, two and two digits. Raises Unfit."""
    text = value.isoformat() if isinstance(value, date) else value
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip(), re.ASCII):
        raise Unfit(BAD_DATE)
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise Unfit(BAD_DATE) from None


def truth(value: Any) -> bool:
    """True, false, or how people and programs write them. Raises Unfit."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().casefold()
    if text in YES or text in NO:
        return text in YES
    raise Unfit(BAD_BOOLEAN)
