"""How the operators of each kind read a column, or an attribute in JSONB. Also for fields of other domains.

An attribute's number is compared as JSONB, which orders numbers by value (PostgreSQL, 8.14.4) and raises on
nothing; a date is text in ISO form, whose order is the calendar's.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal
from sqlalchemy.dialects.postgresql import JSONB

from customers.segments.fields import Asking, Fits


def text(column: Any) -> Fits:
    """Capital and small letters are the same."""

    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        found: dict[str, Any] = {
            "is": lambda: func.lower(column) == func.lower(value),
            "contains": lambda: column.icontains(value, autoescape=True),
            "begins": lambda: column.istartswith(value, autoescape=True),
            "not_empty": lambda: column.is_not(None),
        }
        return _asked(found, operator)

    return fits


def number(column: Any, *, json: bool = False) -> Fits:
    """With `json`, of a JSONB value."""

    def bound(value: Any) -> Any:
        return literal(value, JSONB) if json else value

    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        found: dict[str, Any] = {
            "equals": lambda: column == bound(value),
            "less": lambda: column < bound(value),
            "at_most": lambda: column <= bound(value),
            "more": lambda: column > bound(value),
            "at_least": lambda: column >= bound(value),
            "between": lambda: and_(column >= bound(value[0]), column <= bound(value[1])),
            "not_empty": lambda: column.is_not(None),
        }
        return _asked(found, operator)

    return fits


def day(column: Any) -> Fits:
    """Of ISO dates as text. The day counts that it is in the tenant's zone."""

    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        found: dict[str, Any] = {
            "before": lambda: column < value,
            "after": lambda: column > value,
            "between": lambda: column.between(value[0], value[1]),
            "within": lambda: column.between(asking.away(-value), asking.away(0)),
            "older": lambda: column < asking.away(-value),
            "ahead": lambda: column.between(asking.away(0), asking.away(value)),
            "not_empty": lambda: column.is_not(None),
        }
        return _asked(found, operator)

    return fits


def moment(column: Any) -> Fits:
    """Of points in time."""

    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        found: dict[str, Any] = {
            "within": lambda: column >= asking.since(value),
            "before": lambda: column < asking.begin(value),
            "after": lambda: column >= asking.begin(value, later=1),
            "ever": lambda: column.is_not(None),
        }
        return _asked(found, operator)

    return fits


def choice(column: Any) -> Fits:
    """Of codes."""

    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        found: dict[str, Any] = {
            "any_of": lambda: column == value[0] if len(value) == 1 else column.in_(value),
            "not_empty": lambda: column.is_not(None),
        }
        return _asked(found, operator)

    return fits


def boolean(column: Any) -> Fits:
    """Of true and false in JSONB."""

    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        found: dict[str, Any] = {
            "is": lambda: column == literal(value, JSONB),
            "not_empty": lambda: column.is_not(None),
        }
        return _asked(found, operator)

    return fits


def known(fits: Fits) -> Fits:
    """The same, false where nothing is known.

    PostgreSQL has no statistics of what stands in JSON: it would guess that one in two hundred fits, and hash a
    million people to look a few thousand messages up among them. So asked, it guesses half.
    """
    return lambda operator, value, asking: func.coalesce(fits(operator, value, asking), false())


def _asked(found: dict[str, Any], operator: str) -> ColumnElement[bool]:
    made: ColumnElement[bool] = found[operator]()
    return made
