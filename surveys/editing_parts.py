"""Edits of what a definition holds beside its blocks: endings, variables, hidden fields, quotas, groups to shuffle.

Fields come as in the document and are checked by `parse`, as in `surveys.editing`. A part is named by its id, a
hidden field by its code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from surveys.definition import Definition, dump, parse
from surveys.definition.ids import code_from, fresh
from surveys.definition.parts import PartNotFound
from surveys.editing import ids_of

Listing = Literal["endings", "variables", "hidden", "quotas"]

PREFIXES: Mapping[Listing, str] = {"endings": "e", "variables": "v", "quotas": "u"}


def add_part(
    definition: Definition, listing: Listing, fields: Mapping[str, Any], at: int | None = None
) -> tuple[Definition, str]:
    """A new part at the position (default: the end), and its name. An ending starts without words, a quota without
    a condition; a variable gets a code of its own where none is given."""
    document = dump(definition)
    parts = document.setdefault(listing, [])
    made = {**_start(definition, listing, fields), **fields}
    parts.insert(len(parts) if at is None else max(0, min(at, len(parts))), made)
    return parse(document), _name(made)


def edit_part(definition: Definition, listing: Listing, name: str, fields: Mapping[str, Any]) -> Definition:
    """Changes fields of a part; None takes a field away. An id stays; a hidden field may get another code."""
    document = dump(definition)
    part = _find(document, listing, name)
    for key, value in fields.items():
        if key == "id":
            continue
        if value is None:
            part.pop(key, None)
        else:
            part[key] = value
    return parse(document)


def move_part(definition: Definition, listing: Listing, name: str, to: int) -> Definition:
    """Moves a part to the position, counted without it."""
    document = dump(definition)
    part = _find(document, listing, name)
    document[listing].remove(part)
    document[listing].insert(max(0, to), part)
    return parse(document)


def remove_part(definition: Definition, listing: Listing, name: str) -> Definition:
    """Without the part. What asks for it or leads to it stays and is named when publishing."""
    document = dump(definition)
    document[listing].remove(_find(document, listing, name))
    return parse(document)


def shuffle_blocks(definition: Definition, block_ids: Sequence[str]) -> Definition:
    """Lets these blocks change places; they leave the groups they were in. Fewer than two stay where they are."""
    kept = [tuple(block for block in group if block not in block_ids) for group in definition.shuffle]
    groups = [group for group in (*kept, tuple(block_ids)) if len(group) > 1]
    return parse(dump(replace(definition, shuffle=tuple(groups))))


def _start(definition: Definition, listing: Listing, fields: Mapping[str, Any]) -> dict[str, Any]:
    codes = {question.code for question in definition.questions} | {field.code for field in definition.hidden}
    codes |= {variable.code for variable in definition.variables}
    if listing == "hidden":
        return {"code": code_from("", codes, "hidden")}
    made: dict[str, Any] = {"id": fresh(PREFIXES[listing], ids_of(definition))}
    if listing == "endings":
        return made | {"text": {}}
    if listing == "variables":
        return made | {"code": code_from("", codes, "variable")}
    return made | {"name": str(fields.get("name", "")), "limit": 100}


def _find(document: Mapping[str, Any], listing: Listing, name: str) -> Any:
    for part in document.get(listing, []):
        if _name(part) == name:
            return part
    raise PartNotFound()


def _name(part: Mapping[str, Any]) -> str:
    return str(part.get("id", part.get("code")))
