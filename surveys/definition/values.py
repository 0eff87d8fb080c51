"""Values and how they compare: never across types, so that no language's own conversions can show."""

import re
from collections.abc import Callable, Mapping
from typing import Any

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?|[0-9]{2}:[0-9]{2}", re.ASCII)

NUMBERS = frozenset({int, float})
LISTS = (tuple, list)


def is_there(value: Any) -> bool:
    """Whether a value is one: null, an empty string, list or object are not."""
    return value is not None and value != "" and not (isinstance(value, tuple | list | Mapping) and not value)


def alike(left: Any, right: Any) -> bool:
    """Whether two values are of one type that compares: both numbers, both strings, both booleans."""
    kind, other = type(left), type(right)
    return (kind is other and kind not in LISTS and kind is not dict) or (kind in NUMBERS and other in NUMBERS)


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal and of one type; true is not 1."""
    return bool(left == right) and alike(left, right)


def ordered(left: Any, right: Any) -> bool:
    """Whether one of two values can be less: both numbers, or both moments of the same form."""
    if type(left) in NUMBERS:
        return type(right) in NUMBERS
    if type(left) is not str or type(right) is not str or len(left) != len(right):
        return False
    return MOMENT.fullmatch(left) is not None and MOMENT.fullmatch(right) is not None


def among(value: Any, items: Any) -> bool:
    """Whether the value is one of the items of a list."""
    return isinstance(items, LISTS) and any(same(value, item) for item in items)


def _of_lists(combine: Callable[[Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(left: Any, right: Any) -> bool:
        if not isinstance(left, LISTS) or not isinstance(right, LISTS):
            return False
        return combine(among(item, left) for item in right)

    return holds


COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": same,
    "not_equals": lambda left, right: alike(left, right) and left != right,
    "less_than": lambda left, right: ordered(left, right) and left < right,
    "at_most": lambda left, right: ordered(left, right) and left <= right,
    "more_than": lambda left, right: ordered(left, right) and left > right,
    "at_least": lambda left, right: ordered(left, right) and left >= right,
    "one_of": among,
    "includes_any": _of_lists(any),
    "includes_all": _of_lists(all),
    "includes_none": _of_lists(lambda found: not any(found)),
}
"""What an operator means for two values that are both there."""
