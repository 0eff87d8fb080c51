"""The same survey once more, under ids of its own."""

from collections.abc import Mapping
from typing import Any

from surveys.definition import Definition, dump, parse
from surveys.definition.ids import fresh
from surveys.definition.tokens import renamed_tokens
from surveys.editing import ids_of


def with_fresh_ids(definition: Definition) -> Definition:
    """The same survey under new ids everywhere, its logic following: for templates and copies."""
    names: dict[str, str] = {}
    for old in sorted(ids_of(definition)):
        names[old] = fresh(old[0], set(names.values()))
    return parse(_renamed(dump(definition), names))


def _renamed(document: Any, names: Mapping[str, str]) -> Any:
    """Ids stand under `id`, `to` and `ending`, in `shuffle`, and in places of texts; other words that look like
    one stay."""
    if isinstance(document, list):
        return [_renamed(item, names) for item in document]
    if isinstance(document, str):
        return renamed_tokens(document, names)
    if not isinstance(document, dict):
        return document
    return {key: _renamed_field(key, value, names) for key, value in document.items()}


def _renamed_field(key: str, value: Any, names: Mapping[str, str]) -> Any:
    if key in ("id", "to", "ending") and isinstance(value, str):
        return names.get(value, value)
    if key == "shuffle" and isinstance(value, list):
        return [[names.get(block, block) for block in group] for group in value]
    return _renamed(value, names)
