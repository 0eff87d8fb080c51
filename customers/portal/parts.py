"""Everything that a tenant holds about a person, in parts that domains give (`web/registries.py` composes them).

A part is one SELECT, asked page by page along its key; what is encrypted is opened here. Pages, `data.json` and the
tables of a download are all made from it, so none can hold what another leaves out. `tables` says which tables it
speaks for: a test finds every table that names a person and is in no part.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

from customers.models import Person
from customers.people import ids_of
from infra.crypto import current_keys
from infra.crypto.columns import reveal
from infra.crypto.sealed import Sealed
from infra.db import current_tenant
from infra.i18n import gettext, language_name

BATCH = 500


@dataclass(frozen=True, slots=True)
class About:
    """Whose data, with all ids under which it stands."""

    person: Person
    ids: Sequence[UUID]

    def of(self, column: Any) -> ColumnElement[bool]:
        """Whether a row is about them."""
        found: ColumnElement[bool] = column.in_(self.ids)
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """One part. The SELECT's columns are labelled as in `labels`, which say what each is (messages).

    `words` gives messages for the codes of a column. `also` makes further rows out of one, for what is stored as a
    whole and read as a list (attributes).
    """

    code: str
    title: str
    key: Any
    select: Callable[[About], Select[*tuple[Any, ...]]]
    labels: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    also: Callable[[Session, Mapping[str, Any]], list[dict[str, Any]]] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, newest first, and where the next ones begin."""

    part: Part
    rows: Sequence[Mapping[str, Any]]
    after: UUID | None


_parts: tuple[Part, ...] = ()


def configure(*parts: Part) -> None:
    """Called once by the composition root, in the order they are shown. Raises ValueError for a double code."""
    global _parts
    if len({part.code for part in parts}) < len(parts):
        raise ValueError("two parts have one code")
    _parts = parts


def all_parts() -> tuple[Part, ...]:
    """In the order they are shown."""
    return _parts


def about(session: Session, person: Person) -> About:
    """The person with the ids of all that were merged into them."""
    return About(person, ids_of(session, person.id))


def read(session: Session, part: Part, whose: About, *, after: UUID | None = None, limit: int = BATCH) -> Page:
    """The rows behind `after`, with one statement."""
    query = part.select(whose).add_columns(part.key.label("_key")).order_by(part.key.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(part.key < after)
    found = [dict(row) for row in session.execute(query).mappings()]
    more = found[limit - 1]["_key"] if len(found) > limit else None
    rows = _opened(found[:limit])
    for row in rows:
        row.pop("_key")
    if part.also is not None:
        rows = [made for row in rows for made in part.also(session, row)]
    return Page(part, rows, more)


def every(session: Session, part: Part, whose: About) -> Iterator[Mapping[str, Any]]:
    """All rows, a batch at a time."""
    after = None
    while True:
        page = read(session, part, whose, after=after)
        yield from page.rows
        if page.after is None:
            return
        after = page.after


def in_words(part: Part, column: str, value: Any) -> Any:
    """A value as a person reads it: codes and yes and no in the language in use; moments stay what they are."""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, str) and column == "language":
        return language_name(value)
    if isinstance(value, str):
        known = part.words.get(column, {}).get(value)
        return gettext(known) if known else value
    if isinstance(value, UUID | int | float):
        return str(value)
    if isinstance(value, list):
        return "\n".join(_line(each) for each in value)
    if isinstance(value, Mapping):
        return _line(value)
    return value


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _line(value: Any) -> str:
    if isinstance(value, Mapping):
        return " · ".join(f"{name}: {_line(each)}" for name, each in value.items() if each not in (None, ""))
    return ", ".join(_line(each) for each in value) if isinstance(value, list) else str(value)


def _opened(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Encrypted values opened, with one question to the key store for each column."""
    cipher = current_keys().for_tenant(current_tenant())
    for column in rows[0] if rows else ():
        values = [row[column] for row in rows]
        if any(isinstance(value, Sealed) for value in values):
            for row, text in zip(rows, reveal(cipher, values), strict=True):
                row[column] = text
    return rows
