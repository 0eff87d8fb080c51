"""A rule in words, for those who read it and do not change it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from customers.segments.fields import Catalogue, Field
from customers.segments.rules import Condition, Group, Rule
from infra.i18n import format_date, format_number, gettext
from web.console.customers.segment_rows import MATCHES, OPERATORS, choices_of


@dataclass(frozen=True, slots=True)
class Line:
    """A condition, or what holds a group together with the lines below it."""

    words: str
    lines: tuple["Line", ...] = ()


def in_words(rule: Rule, fields: Catalogue) -> Line:
    """The rule as lines below each other."""
    if isinstance(rule, Group):
        return Line(gettext(dict(MATCHES)[rule.match]), tuple(in_words(each, fields) for each in rule.parts))
    known = fields.get(rule.field)
    if known is None:
        return Line(rule.field)
    operator = gettext(OPERATORS[known.kind].get(rule.operator, rule.operator))
    return Line(f"{known.name} {operator} {_value(rule, known)}".strip())


def _value(condition: Condition, known: Field) -> str:
    value, shape = condition.value, known.shapes.get(condition.operator, "")
    if value is None:
        return ""
    if shape == "codes":
        named = dict(choices_of(known, value))
        return ", ".join(named.get(code, code) for code in value)
    each = [_one(one, shape) for one in (value if isinstance(value, list) else [value])]
    return " – ".join(each)


def _one(value: Any, shape: str) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if shape in ("day", "days"):
        return format_date(date.fromisoformat(value))
    return format_number(value) if isinstance(value, int | float) else f"“{value}”"
