"""The long work behind an import: doing it in batches that outlive a worker."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from customers import events
from customers.attributes import list_attributes
from customers.imports import files, reading, seams, writing
from customers.imports.rows import WHOLE, Reader
from customers.imports.writing import COUNTS
from customers.models import Import, ImportRow
from infra import long_jobs, sheets
from infra.events import record
from infra.i18n import N_, gettext, use
from infra.long_jobs import Overtaken, Work
from tenants import audit
from tenants.permissions import Actor
from tenants.starters import actor_of

BATCH = 1_000
TRIES = 5
SHOWN = 20
"""Wrong rows that are shown after the check."""


@long_jobs.kind("customers.import", title=N_("Import of customers"), permission="customers.import", unit=N_("rows"))
def run(work: Work) -> None:
    """Imports `work.subject`. Each batch notes in its transaction how far it is; a new worker goes on behind it."""
    imported, reader = opened(work)
    done, position = sum(imported.counts.get(each, 0) for each in COUNTS[:4]), imported.position
    with files.fetched(work.services.storage, imported.file_key or "") as path:
        for cells in batches(reading.rows_of(path, imported.format, after=position)):
            _import(work, imported, reader, cells, position)
            position = cells[-1][0]
            done += len(cells)
            work.advance(done)
        with work.session() as session:
            held = _held(session, imported.id)
            by = starter_of(session, work)
            if held.state == "importing":
                held.state = "done"
                told = {each: int(held.counts.get(each, 0)) for each in COUNTS}
                record(session, events.ImportFinished(subject=held.id, **told))
                audit.record(
                    session,
                    "import.finished",
                    by=by,
                    subject=held.id,
                    added=told["added"],
                    updated=told["updated"],
                    skipped=told["skipped"],
                    wrong=told["wrong"],
                    companies=told["companies"],
                    consents=int(held.counts.get("consents", 0)),
                )
            wrong = int(held.counts.get("wrong", 0))
        if wrong:
            work.store_errors(_errors(work, imported), wrong)
    work.advance(done, done)


def _import(
    work: Work, imported: Import, reader: Reader, cells: Sequence[tuple[int, list[str]]], position: int
) -> None:
    """One batch in one transaction. Who takes an external id at the same moment makes it look once more."""
    create_keys = partial(work.services.keys.create_people, work.tenant)
    keys = work.services.keys.for_tenant(work.tenant)
    for attempt in range(TRIES):
        rows = [reader.read(number, row) for number, row in cells]
        try:
            with work.session() as session:
                one_at_a_time(session, work)
                held = _held(session, imported.id)
                if held.position != position or held.state != "importing":
                    raise Overtaken()
                by = starter_of(session, work)
                batch = writing.write(session, keys, create_keys, held.id, rows, policy=held.policy, by=by)
                brought = seams.apply(session, held, [(who, row.extras) for who, row in batch.extras], by)
                held.position = cells[-1][0]
                held.counts = seams.added(held.counts, batch.counts, brought)
            return
        except (UniqueViolation, IntegrityError):
            if attempt == TRIES - 1:
                raise


def one_at_a_time(session: Session, work: Work) -> None:
    """Imports of a tenant write their batches in turns, so that the second of two finds whom the first added."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"imports {work.tenant.id}", 0))))


def starter_of(session: Session, work: Work) -> Actor:
    """Who began this long work: they do what it does."""
    return actor_of(session, long_jobs.get_long_job(session, work.id).created_by)


def opened(work: Work) -> tuple[Import, Reader]:
    """The import and what reads its rows."""
    with work.session() as session:
        imported = session.get_one(Import, work.subject)
        attributes = list_attributes(session, "person")
    if imported.rows:
        work.advance(0, imported.rows)
    return imported, Reader(imported.mapping, attributes)


def _held(session: Session, import_id: UUID) -> Import:
    return session.get_one(Import, import_id, with_for_update=True, populate_existing=True)


def batches(rows: Iterator[tuple[int, list[str]]]) -> Iterator[list[tuple[int, list[str]]]]:
    """Rows by the thousand."""
    while batch := list(islice(rows, BATCH)):
        yield batch


def _errors(work: Work, imported: Import) -> Iterator[bytes]:
    """The wrong rows as they stood in the file, with the reason in a column of its own."""
    with use(str(work.ids.get("locale", "en"))):
        yield sheets.head([*imported.headers, gettext("Reason")])
        after = 0
        with files.fetched(work.services.storage, imported.file_key or "") as again:
            source = reading.rows_of(again, imported.format)
            while True:
                with work.session() as session:
                    query = select(ImportRow.row, ImportRow.problems).where(
                        ImportRow.import_id == imported.id, ImportRow.kind == "wrong", ImportRow.row > after
                    )
                    found = {
                        row.row: row.problems for row in session.execute(query.order_by(ImportRow.row).limit(BATCH))
                    }
                if not found:
                    return
                after = max(found)
                yield sheets.lines(
                    [*_padded(cells, len(imported.headers)), reasons(found[number], imported.headers)]
                    for number, cells in _until(source, after)
                    if number in found
                )


def _until(source: Iterator[tuple[int, list[str]]], last: int) -> Iterator[tuple[int, list[str]]]:
    for number, cells in source:
        yield number, cells
        if number >= last:
            return


def _padded(cells: list[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]


def reasons(problems: Sequence[Sequence[object]], headings: Sequence[str]) -> str:
    """Why a row could not be taken, in the reader's language."""
    return " ".join(reason(each, headings) for each in problems)


def reason(problem: Sequence[object], headings: Sequence[str]) -> str:
    """One sentence, behind the name of its column."""
    column, message, fields = problem
    assert isinstance(column, int)
    assert isinstance(fields, dict)
    sentence = gettext(str(message), **fields)
    if column == WHOLE or column >= len(headings):
        return sentence
    heading = headings[column] or gettext("Column %(number)s", number=column + 1)
    return f"{heading}: {sentence}"
