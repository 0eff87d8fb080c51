"""All data of a person as one file: `data.json`, a table for each part, and the files (GDPR Art. 15 and 20)."""

import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from sqlalchemy.orm import Session

from customers.models import Person
from customers.portal import own_files, parts
from customers.portal.own_files import OwnFile
from customers.portal.parts import Part
from customers.portal.sessions import actor_of
from infra import clock, sheets
from infra.i18n import gettext
from infra.storage import Storage
from tenants import audit

IN_MEMORY = 1 << 20
"""Bytes above which the file lies on disk while it is made."""
LINES = 200


@dataclass(frozen=True, slots=True)
class Package:
    """A download that lacks its files yet."""

    zip: IO[bytes]
    files: Sequence[OwnFile]


def make(session: Session, person: Person) -> Package:
    """The ZIP without the files; the caller closes it. Noted in the audit log.

    Each part is read once, a batch at a time. In the tables nothing is run as a formula.
    """
    audit.record(session, "portal.data_downloaded", by=actor_of(person), subject=person.id)
    whose = parts.about(session, person)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  the caller closes it
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as folder,
        tempfile.SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8") as text,
    ):
        text.write(f'{{"made_at": "{clock.now().isoformat()}"')
        for part in parts.all_parts():
            text.write(f",\n{json.dumps(part.code)}: [")
            with folder.open(f"{part.code}.csv", "w") as table:
                _write(session, part, whose, text, table)
            text.write("]")
        text.write("}\n")
        text.seek(0)
        with folder.open("data.json", "w") as whole:
            while piece := text.read(IN_MEMORY):
                whole.write(piece.encode())
    return Package(file, own_files.find(session, whose))


def complete(storage: Storage, package: Package) -> IO[bytes]:
    """The ZIP with its files, from its beginning. Call it without a transaction. Raises StorageUnavailable."""
    try:
        with zipfile.ZipFile(package.zip, "a") as folder:
            own_files.pack(storage, folder, package.files)
    except BaseException:
        package.zip.close()
        raise
    package.zip.seek(0)
    return package.zip


def _write(session: Session, part: Part, whose: parts.About, text: IO[str], table: IO[bytes]) -> None:
    """One part, into both."""
    table.write(sheets.head([gettext(label) for label in part.labels.values()]))
    waiting: list[Sequence[object]] = []
    for number, row in enumerate(parts.every(session, part, whose)):
        named = {column: _plain(row.get(column)) for column in part.labels}
        text.write(("," if number else "") + "\n" + json.dumps(named, ensure_ascii=False))
        waiting.append([_cell(part, column, row.get(column)) for column in part.labels])
        if len(waiting) >= LINES:
            table.write(sheets.lines(waiting))
            waiting.clear()
    table.write(sheets.lines(waiting))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return parts.plain(value)


def _cell(part: Part, column: str, value: Any) -> object:
    said = parts.in_words(part, column, value)
    return said if said is None or isinstance(said, str | datetime) else str(said)
