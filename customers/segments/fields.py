"""What a rule can ask for: one registry that domains fill, composed in `web/registries.py`.

A field has a kind; the kind has operators, and each operator takes a value of a certain shape. A domain gives a
provider, which makes its fields for a session, because some are the tenant's own (attributes, topics). Only the
operators of POSITIVE reach a field's `fits`: the others are their opposites, and who has no value counts as not
fitting, so that "is not gold" finds those of whom nothing is known too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from infra.i18n import N_, gettext

Kind = Literal["text", "number", "date", "moment", "choice", "boolean"]
Shape = Literal["", "text", "number", "numbers", "day", "days", "count", "codes", "truth"]
"""Of a value: nothing, one text, one number, two numbers, one day, two days, how many days, codes, yes or no."""

OPERATORS: Mapping[Kind, Mapping[str, Shape]] = {
    "text": {
        **{"is": "text", "is_not": "text", "contains": "text", "not_contains": "text", "begins": "text"},
        **{"empty": "", "not_empty": ""},
    },
    "number": {
        **{"equals": "number", "not_equals": "number", "less": "number", "at_most": "number"},
        **{"more": "number", "at_least": "number", "between": "numbers", "empty": "", "not_empty": ""},
    },
    "date": {
        **{"before": "day", "after": "day", "between": "days", "within": "count", "older": "count"},
        **{"ahead": "count", "empty": "", "not_empty": ""},
    },
    "moment": {"within": "count", "beyond": "count", "before": "day", "after": "day", "never": "", "ever": ""},
    "choice": {"any_of": "codes", "none_of": "codes", "empty": "", "not_empty": ""},
    "boolean": {"is": "truth", "empty": "", "not_empty": ""},
}
"""Kind to its operators and the shape of their values, in the order in which they are offered."""

POSITIVE: Mapping[str, str] = {
    "is_not": "is",
    "not_contains": "contains",
    "not_equals": "equals",
    "none_of": "any_of",
    "empty": "not_empty",
    "beyond": "within",
    "never": "ever",
}
"""Each operator that says no, and what it says no to."""

LAST = date.max.toordinal() - 1
"""The latest day whose moments stay moments in every zone."""

PERSON, COMPANY = N_("About the customer"), N_("About the company")


@dataclass(frozen=True, slots=True)
class Asking:
    """When and where a rule is asked. `member_of` says who is in another segment.

    With `alone` it is asked only of people into whom nobody was merged: rows under their own id are all there are.
    """

    now: datetime
    zone: ZoneInfo
    member_of: Callable[[UUID], ColumnElement[bool]]
    alone: bool = False

    @property
    def today(self) -> date:
        """The day it is in the tenant's zone."""
        return self.now.astimezone(self.zone).date()

    def begin(self, day: str, *, later: int = 0) -> datetime:
        """When an ISO day begins in the tenant's zone, so many days later."""
        ordinal = date.fromisoformat(day).toordinal() + later
        return datetime.combine(date.fromordinal(min(max(ordinal, 2), LAST)), time(), self.zone)

    def away(self, days: int) -> str:
        """The ISO day so many days from today; at the calendar's ends its first or last."""
        return date.fromordinal(min(max(self.today.toordinal() + days, 1), LAST)).isoformat()

    def since(self, days: int) -> datetime:
        """So many times 24 hours ago."""
        return self.now - timedelta(days=days)


Fits = Callable[[str, Any, Asking], ColumnElement[bool]]
"""A positive operator and its checked value to a condition on `people`."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something to ask for. `own` says that label and choices are the tenant's words, which are not translated."""

    code: str
    group: str
    label: str
    kind: Kind
    fits: Fits
    choices: Sequence[tuple[str, str]] = ()
    check: Callable[[Sequence[str]], Sequence[str]] | None = None
    """Of codes that are more than the listed ones; raises Unfit."""
    names: Callable[[Sequence[str]], Mapping[str, str]] | None = None
    """What codes beyond the listed ones are called."""
    operators: Sequence[str] = ()
    """Those of the kind that make sense here; empty for all."""
    own: bool = False
    offered: bool = True
    """Whether new conditions are offered it; old ones still work."""
    cost: int = 1
    """Cheaper conditions are asked first; 1 reads a column, 5 an attribute, 50 another table."""

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """Its operators with the shape of their values."""
        known = OPERATORS[self.kind]
        return {name: known[name] for name in self.operators or known}

    @property
    def name(self) -> str:
        """What it is called in the language of whoever reads it."""
        return self.label if self.own else gettext(self.label)

    @property
    def named(self) -> list[tuple[str, str]]:
        """Its choices in the language of whoever reads them."""
        return [(code, label if self.own else gettext(label)) for code, label in self.choices]


Provider = Callable[[Session], Iterable[Field]]
Catalogue = Mapping[str, Field]

_providers: list[Provider] = []


def configure(*providers: Provider) -> None:
    """Says where fields come from, in the order in which they are offered."""
    _providers[:] = providers


def catalogue(session: Session) -> dict[str, Field]:
    """Every field of this tenant by its code."""
    return {field.code: field for provider in _providers for field in provider(session)}


__all__ = ["OPERATORS", "POSITIVE", "Asking", "Catalogue", "Field", "Fits", "Kind", "Provider", "Shape"]
