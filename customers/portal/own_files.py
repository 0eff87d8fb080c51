"""The files of a person that go into their download: beside what was talked about, and with mails from them.

Which there are is asked while the data are read; the files are fetched afterwards, without a transaction. Newest
first, up to MOST bytes and MOST_FILES: what has no room is named in `files.csv`, and staff hand it out on request.
"""

import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from customers import inbound_files
from customers.models import Identity, InboundMail, Interaction
from customers.portal.parts import About
from infra import attachments, sheets
from infra.i18n import N_, gettext
from infra.storage import ObjectMissing, Storage, StorageKey

MOST = 100_000_000
"""Bytes of all files together: it is one request that makes the download."""
MOST_FILES = 500
"""Each is a question to storage, or two."""
AT_ONCE = 500
FOLDER, TABLE = "files", "files.csv"
LABELS = (N_("When"), N_("File"), N_("Name"), N_("State"))
HERE, RISKY = N_("Included"), N_("Included under another name: opening it may do harm")
GONE, LARGE = N_("Not there any more"), N_("Too much for one download; ask us for it")
FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Before which a ZIP knows no time."""
HARMLESS_END = ".unsafe"
"""Behind the name of what we would not take as an upload, so that a double click runs nothing."""


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file as it is noted. Whether it may do harm is None where nobody judged it when it was stored."""

    at: datetime
    name: str
    size: int
    key: str
    type: str
    risky: bool | None


Source = Callable[[Session, About], Iterable[OwnFile]]
"""Files of a person that another domain keeps."""

_sources: tuple[Source, ...] = ()


def configure(*sources: Source) -> None:
    """Called once by the composition root."""
    global _sources
    _sources = sources


def find(session: Session, about: About) -> list[OwnFile]:
    """All files, newest first."""
    others = (file for source in _sources for file in source(session, about))
    return sorted(
        (*_talked(session, about), *_mailed(session, about), *others), key=lambda each: each.at, reverse=True
    )


def pack(storage: Storage, folder: zipfile.ZipFile, files: Sequence[OwnFile]) -> None:
    """Puts the files into the ZIP, and what became of each into its table. Call it without a transaction.

    Raises StorageUnavailable.
    """
    rows, left = list[Sequence[object]](), MOST
    for number, file in enumerate(files, 1):
        path, state = "", LARGE
        if number <= MOST_FILES and file.size <= left:
            path, state = _put(storage, folder, number, file)
            left -= file.size if path else 0
        rows.append((file.at, path, file.name, gettext(state)))
    if rows:
        folder.writestr(TABLE, sheets.head([gettext(label) for label in LABELS]) + sheets.lines(rows))


def _put(storage: Storage, folder: zipfile.ZipFile, number: int, file: OwnFile) -> tuple[str, str]:
    """Where it lies in the ZIP, and what became of it."""
    try:
        risky = _is_risky(storage, file)
        path = _path(number, file, HARMLESS_END if risky else "")
        _write(storage, folder, path, file)
    except ObjectMissing:
        return "", GONE
    return path, RISKY if risky else HERE


def _is_risky(storage: Storage, file: OwnFile) -> bool:
    if file.risky is not None:
        return file.risky
    return inbound_files.risk_of_kept(storage, {"name": file.name, "type": file.type, "file": file.key}) is not None


def _talked(session: Session, about: About) -> Iterator[OwnFile]:
    query = select(Interaction.at, Interaction.attachments)
    yield from _noted(session, query.where(about.of(Interaction.person_id), Interaction.attachments != []))


def _mailed(session: Session, about: About) -> Iterator[OwnFile]:
    """Those from one of the person's addresses; what became an interaction stands there."""
    row = InboundMail
    theirs = exists().where(about.of(Identity.id), Identity.email_index == row.sender_index)
    query = select(row.received_at, row.attachments).where(theirs, row.state != "logged", row.attachments != [])
    yield from _noted(session, query)


def _noted(session: Session, query: Any) -> Iterator[OwnFile]:
    for at, noted in session.execute(query.execution_options(yield_per=AT_ONCE)):
        for each in noted or ():
            if each.get("file"):
                name, size = str(each.get("name") or ""), int(each.get("bytes") or 0)
                risky = bool(each["risk"]) if "risk" in each else None
                yield OwnFile(at, name, size, str(each["file"]), str(each.get("type") or ""), risky)


def _path(number: int, file: OwnFile, end: str) -> str:
    """A name that is one file below one folder on every system: `files/0001 2026-03-31 invoice.pdf`."""
    plain = "".join(
        each if each in " .-_()" or unicodedata.category(each)[0] in "LMN" else "_"
        for each in attachments.named(file.name)
    )
    return f"{FOLDER}/{number:04d} {file.at:%Y-%m-%d} {plain or 'file'}{end}"


def _write(storage: Storage, folder: zipfile.ZipFile, path: str, file: OwnFile) -> None:
    """Kept as it is: most files are packed already. Raises ObjectMissing before anything is written."""
    pieces = storage.stream(StorageKey(file.key))
    entry = zipfile.ZipInfo(path, max(file.at.timetuple()[:6], FIRST_MOMENT))
    with folder.open(entry, "w") as into:
        for piece in pieces:
            into.write(piece)
