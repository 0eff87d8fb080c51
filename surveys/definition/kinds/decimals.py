"""Reading a number as people write it: `1.234,5` in German, `1,234.5` in English, `1 234,5` in French.

The same rules stand in `web/static/survey/kinds.js`, so that a condition sees the same number before and after a
page is sent. A point or comma that stands both once and three digits before the end is a separator of thousands
where the language writes it so; everywhere else it can mean one thing only, and that is taken.
"""

import re
import unicodedata
from decimal import Decimal

MOST_DIGITS = 15
"""Digits that a double-precision number keeps, so that script and server compare the same."""
LONGEST = 60

_BLANKS = re.compile(r"[\s'\u2019\u066c_]")


class NotNumber(ValueError):
    """What was typed is no number."""


def read_decimal(text: str, point: str, group: str) -> Decimal | None:
    """The typed number, exact; None for nothing. `point` and `group` are the language's. Raises NotNumber."""
    if len(text) > LONGEST:
        raise NotNumber
    plain = _BLANKS.sub("", unicodedata.normalize("NFKC", text)).replace("\u066b", ".").replace("\u2212", "-")
    if not plain:
        return None
    digits = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in plain)
    sign = "-" if digits.startswith("-") else ""
    whole, fraction = _split(digits.removeprefix("-" if sign else "+"), point, group)
    if not (whole + fraction) or not (whole + fraction).isdecimal():
        raise NotNumber
    if len((whole + fraction).strip("0")) > MOST_DIGITS or len(whole.lstrip("0")) > MOST_DIGITS:
        raise NotNumber
    found = Decimal(f"{sign}{whole or '0'}.{fraction or '0'}")
    return _trimmed(found)


def _split(text: str, point: str, group: str) -> tuple[str, str]:
    """The digits before and after the decimal point."""
    marks = [each for each in text if each in ".,"]
    if not marks:
        return text, ""
    last = marks[-1]
    if len(set(marks)) == 2:
        whole, _, fraction = text.rpartition(last)
        return _ungrouped(whole, marks[0]), fraction
    if len(marks) > 1:
        return _ungrouped(text, last), ""
    whole, _, fraction = text.partition(last)
    if last == group and last != point and len(fraction) == 3 and 1 <= len(whole) <= 3 and whole != "0":
        return whole + fraction, ""
    return whole, fraction


def _ungrouped(text: str, mark: str) -> str:
    """The digits of `1.234.567`. Groups have three digits, in India two before the last. Raises NotNumber."""
    first, *groups = text.split(mark)
    if not 1 <= len(first) <= 3 or not groups or len(groups[-1]) != 3:
        raise NotNumber
    if not all(len(each) in (2, 3) for each in groups):
        raise NotNumber
    return first + "".join(groups)


def _trimmed(value: Decimal) -> Decimal:
    """Without zeros at the end of the fraction; `-0` is 0."""
    whole = value.to_integral_value()
    return whole + 0 if value == whole else value.normalize()


def as_number(value: Decimal) -> int | float:
    """As conditions compare it."""
    return int(value) if value == value.to_integral_value() else float(value)


def written(value: Decimal) -> str:
    """Digits and a point, no exponent."""
    return format(_trimmed(value), "f")
