"""A rule as a condition on `people`. Every value is bound; nothing of a rule becomes SQL text."""

from typing import Any

from sqlalchemy import BooleanClauseList, ColumnElement, and_, false, func, not_, or_, true
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.functions import coalesce

from customers.segments.errors import SegmentBroken
from customers.segments.fields import POSITIVE, Asking, Catalogue
from customers.segments.rules import Condition, Rule


def where(rule: Rule, fields: Catalogue, asking: Asking) -> ColumnElement[bool]:
    """The condition. It may be NULL where it does not hold, never where it does. Raises SegmentBroken."""
    if isinstance(rule, Condition):
        return _asked(rule, fields, asking)
    if not rule.parts:
        return true()
    parts = [where(each, fields, asking) for each in sorted(rule.parts, key=lambda each: cost(each, fields))]
    if rule.match == "all":
        return and_(*parts)
    return or_(*parts) if rule.match == "any" else opposite(or_(*parts))


def opposite(condition: Any) -> ColumnElement[bool]:
    """Holds for everybody for whom the condition does not, also where nothing is known.

    Behind COALESCE a question to another table stays what it is: PostgreSQL would turn it into a join and hash a
    million people to look few messages up among them, where it is to hash the messages.
    """
    if isinstance(condition, Grouping):
        return opposite(condition.element)
    if isinstance(condition, coalesce):
        return not_(condition)
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.or_:
        return and_(*(opposite(each) for each in condition.clauses))
    return not_(func.coalesce(condition, false()))


def cost(rule: Rule, fields: Catalogue) -> int:
    """PostgreSQL asks conditions of the same weight in their order: what reads a column goes before the rest."""
    if isinstance(rule, Condition):
        return fields[rule.field].cost if rule.field in fields else 0
    return sum(cost(each, fields) for each in rule.parts)


def _asked(condition: Condition, fields: Catalogue, asking: Asking) -> ColumnElement[bool]:
    field = fields.get(condition.field)
    if field is None or condition.operator not in field.shapes:
        raise SegmentBroken()
    positive = POSITIVE.get(condition.operator)
    if positive is None:
        return field.fits(condition.operator, condition.value, asking)
    return opposite(field.fits(positive, condition.value, asking))
