"""What a link brings along, read as the survey declares it."""

import re
from collections.abc import Mapping
from typing import Any

from surveys.definition import Definition, HiddenField
from surveys.definition.kinds.base import Refused
from surveys.definition.kinds.plain import clean

NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,4})?", re.ASCII)
LONGEST = 200
PREFIX = "hidden."
"""Before a code, in forms and texts."""


def read_hidden(definition: Definition, raw: Mapping[str, Any]) -> dict[str, float | str]:
    """The values by code, without what is empty, undeclared, no number, or none of the listed values."""
    found = {}
    for field in definition.hidden:
        value = _value(field, raw.get(field.code))
        if value is not None:
            found[field.code] = value
    return found


def _value(field: HiddenField, raw: Any) -> float | str | None:
    if not isinstance(raw, str) or raw == "":
        return None
    if field.type == "number":
        return float(raw) if NUMBER.fullmatch(raw) else None
    return None if field.values and raw not in field.values else raw


def cleaned(raw: Mapping[str, Any]) -> dict[str, str]:
    """What strangers sent, as texts that may be stored; what is too long or no text is left out."""
    found = {}
    for code, value in raw.items():
        try:
            words = clean(str(value) if type(value) in (int, float) else value, LONGEST)
        except Refused:
            continue
        if words:
            found[code] = words
    return found
