"""Lists of addresses not written to, in and out, as long work.

A list is a file with one address on each line, or with the addresses in its first column. What is on the list
already stays as it is, so that a second import, or one that begins anew after a crash, doubles nothing.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import suppressions
from customers.models import Suppression
from infra import long_jobs, sheets
from infra.crypto.columns import or_none
from infra.errors import Invalid, NotFound
from infra.i18n import N_, current_locale, gettext, use
from infra.long_jobs import LongJob, Work
from infra.mail import mime
from infra.storage import StorageKey
from tenants import audit
from tenants.permissions import Actor

BATCH = 1_000
LARGEST = 20 * 1024 * 1024
"""Bytes of a list; a hundred thousand addresses are three million."""
MOST_ERRORS = 10_000
EXPORTED = ("email", "kind", "source", "reason", "at")
IMPORTED = (N_("Row"), N_("Address"), N_("Reason"))

EMPTY = N_("This file holds no addresses.")
TOO_LARGE = N_("This file is larger than %(megabytes)s MB.")


@long_jobs.kind(
    "suppressions.import",
    title=N_("Import of addresses not written to"),
    permission="contacts.manage",
    unit=N_("addresses"),
)
def import_list(work: Work) -> None:
    """Puts every address of the file on the list; those that are none stand in the file of errors."""
    key = StorageKey(str(work.ids["file"]))
    try:
        rows = list(addresses(work.services.storage.get(key)))
    except NotFound:  # an attempt before this one came to its end and died before it could say so
        return
    work.advance(0, len(rows))
    by = Actor("staff", UUID(work.ids["asked_by"]))
    wrong: list[tuple[int, str]] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        fine = [text for _, text in batch if _is_address(text)]
        wrong += [(line, text[:300]) for line, text in batch if not _is_address(text)]
        with work.session() as session:
            suppressions.add_many(session, fine, kind="import", source="import", by=by, evidence=work.id)
        work.advance(start + len(batch))
    if wrong:
        work.store_errors(_errors(work, wrong[:MOST_ERRORS]), len(wrong))
    work.services.storage.delete(key)


@long_jobs.kind(
    "suppressions.csv",
    title=N_("Export of addresses not written to"),
    permission="contacts.manage",
    unit=N_("addresses"),
)
def export_list(work: Work) -> None:
    """Every address that stands on the list, oldest first."""
    form = str(work.ids.get("form", sheets.CSV))
    titles = sheets.headings(form, EXPORTED, ("at",), "UTC")
    work.store(sheets.pieces(form, titles, _batches(work)), content_type=sheets.TYPES[form])


def start_import(session: Session, file: StorageKey, *, by: Actor, key: str) -> LongJob:
    """Begins the import of a stored list; the same key begins it once."""
    work = long_jobs.start(
        session, import_list, by=by, key=key, file=str(file), asked_by=by.id, locale=current_locale()
    )
    if work.is_new:
        audit.record(session, "suppressions.imported", by=by, subject=work.id)
    return work


def start_export(session: Session, *, by: Actor, key: str, form: str = sheets.CSV) -> LongJob:
    """Begins the export; the same key begins it once."""
    total, filename = suppressions.count(session, suppressions.Filters()), f"not-written-to.{form}"
    locale = current_locale()
    work = long_jobs.start(
        session, export_list, by=by, key=key, total=total, filename=filename, form=form, locale=locale
    )
    if work.is_new:
        audit.record(session, "suppressions.exported", by=by, subject=work.id)
    return work


def check_size(size: int) -> None:
    """Raises Invalid for a file that is empty or too large."""
    if not size:
        raise Invalid(problems={"file": [EMPTY]})
    if size > LARGEST:
        raise Invalid(problems={"file": [TOO_LARGE % {"megabytes": LARGEST // 1024 // 1024}]})


def addresses(content: bytes) -> Iterator[tuple[int, str]]:
    """Line and first cell of each line that has one; a heading without an @ on the first line is passed over."""
    for number, line in enumerate(io.StringIO(_decoded(content)), start=1):
        cell = next(iter(_cells(line.strip())), "").strip().strip("'")
        if cell and not (number == 1 and "@" not in cell):
            yield number, cell


def _decoded(content: bytes) -> str:
    """By its byte order mark, else UTF-8, else Windows' Western European."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _cells(line: str) -> Sequence[str]:
    for separator in (";", "\t", ","):
        if separator in line:
            return next(csv.reader([line[:2_000].replace("\0", "")], delimiter=separator), [])
    return [line.strip('"')]


def _is_address(text: str) -> bool:
    try:
        mime.address(text)
    except mime.BadMail:
        return False
    return True


def _errors(work: Work, wrong: Sequence[tuple[int, str]]) -> Iterator[bytes]:
    with use(str(work.ids.get("locale", "en"))):
        yield sheets.head([gettext(each) for each in IMPORTED])
        yield sheets.lines([(line, text, gettext(suppressions.BAD_ADDRESS)) for line, text in wrong])


def _batches(work: Work) -> Iterator[list[list[object]]]:
    done, after = 0, None
    while True:
        with work.session() as session:
            query = select(Suppression).where(Suppression.lifted_at.is_(None)).order_by(Suppression.id).limit(BATCH)
            rows = session.scalars(query if after is None else query.where(Suppression.id > after)).all()
            with use(str(work.ids.get("locale", "en"))):
                listed = [_line(row) for row in rows]
        if not rows:
            return
        yield listed
        done, after = done + len(rows), rows[-1].id
        work.advance(done)


def _line(row: Suppression) -> list[object]:
    email = or_none(lambda: row.email) or ""
    return [email, row.kind, row.source, suppressions.say(row.reason) or "", row.at.astimezone(UTC)]
