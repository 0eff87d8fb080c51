"""The filters of the list as a rule: a list that proved useful, or a saved view, becomes a segment."""

from collections.abc import Iterator, Mapping
from typing import Any

from customers import queries
from customers.models import Attribute
from customers.queries import PeopleFilters
from web.console.customers.asked import Asked


def rule_of(asked: Asked) -> dict[str, Any]:
    """A condition for each filter. What was searched for is left out: it names people."""
    declared = {attribute.code: attribute for attribute in asked.attributes}
    return {"match": "all", "conditions": list(_conditions(asked.filters, declared))}


def _conditions(filters: PeopleFilters, declared: Mapping[str, Attribute]) -> Iterator[dict[str, Any]]:
    for field, value in (
        ("segment", filters.segment_id),
        ("company", filters.company_id),
        ("language", filters.language),
        ("source", filters.source),
    ):
        if value:
            yield {"field": field, "operator": "any_of", "value": [str(value)]}
    if filters.contact == queries.NEVER:
        yield {"field": "last_contact_at", "operator": "never"}
    elif filters.contact:
        operator, _, days = filters.contact.partition(":")
        yield {"field": "last_contact_at", "operator": operator, "value": int(days)}
    if filters.score == queries.UNSCORED:
        yield {"field": "scored_at", "operator": "never"}
    elif filters.score:
        column, low, high = queries.SCORES[filters.score]
        yield {"field": column, "operator": "between", "value": [low, high]}
    for code, value in filters.attributes.items():
        yield _attribute(declared[code], value)


def _attribute(attribute: Attribute, value: Any) -> dict[str, Any]:
    field = f"attributes.{attribute.code}"
    if attribute.type == "date":
        return {"field": field, "operator": "between", "value": [value, value]}
    if attribute.type == "choice":
        return {"field": field, "operator": "any_of", "value": [value]}
    return {"field": field, "operator": "equals" if attribute.type == "number" else "is", "value": value}
