"""The same survey once more, under ids of its own."""

from collections.abc import Mapping
from typing import Any

from surveys.definition import Definition, dump, parse
from surveys.definition.ids import fresh
from surveys.editing import ids_of


def with_fresh_ids(definition: Definition) -> Definition:
    """The same survey under new ids everywhere, its logic following: for templates and copies."""
    names: dict[str, str] = {}
    for old in sorted(ids_of(definition)):
        names[old] = fresh(old[0], set(names.values()))
    return parse(_renamed(dump(definition), names))


def _renamed(document: Any, names: Mapping[str, str]) -> Any:
    """Ids stand under `id` and `to` only, so that a text or code that looks like one stays."""
    if isinstance(document, list):
        return [_renamed(item, names) for item in document]
    if not isinstance(document, dict):
        return document
    return {
        key: names.get(value, value) if key in ("id", "to") and isinstance(value, str) else _renamed(value, names)
        for key, value in document.items()
    }
