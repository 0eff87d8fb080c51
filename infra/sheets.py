"""Files for spreadsheets, CSV or XLSX, in which nothing is run as a formula.

    work.store(sheets.pieces(form, titles, batches), content_type=sheets.TYPES[form])

Cells are what they are: texts, numbers, days, moments in the reader's zone. CSV is UTF-8 with a byte order mark; in
it a text that a spreadsheet would take for a formula gets an apostrophe in front. In XLSX a text is a text, also
when somebody edits its cell; days and numbers are days and numbers. Neither holds more than a batch in memory.
"""

import csv
import io
import math
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from xlsxwriter import Workbook

CSV, XLSX = "csv", "xlsx"
TYPES: Mapping[str, str] = {
    CSV: "text/csv",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Content types of what can be chosen."""

BOM = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection), also in full width."""

MOST_ROWS = 1_048_576
"""Rows of one sheet, the headings included (ECMA-376); what does not fit goes on in the next sheet."""
LONGEST_TEXT = 32_767
"""UTF-16 units of a cell; a longer text ends there with a mark."""
MOST_DIGITS = 10**15
"""Spreadsheets compute with doubles: a greater whole number is written as a text, so that no digit is lost."""
FIRST_DAY = date(1900, 3, 1)
"""Days before it stand wrong in a spreadsheet, which knows a 29 February 1900: they are written as texts."""
PIECE = 1 << 20
WIDTH = 18


def neutral(value: str) -> str:
    """The text so that no spreadsheet takes it for a formula: with an apostrophe in front."""
    return "'" + value if value.startswith(FORMULA) else value


def plain(value: str) -> str:
    """The text that `neutral` was given: without the apostrophe in front of what would be a formula."""
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA) else value


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as lines of CSV (RFC 4180); texts are made neutral."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode()


def head(titles: Sequence[str]) -> bytes:
    """Byte order mark and headings of CSV."""
    return BOM.encode() + lines([titles])


def headings(form: str, titles: Sequence[str], moments: Iterable[str], zone: str) -> list[str]:
    """The titles; in XLSX, whose cells know no zone, those of `moments` name it."""
    timed = set(moments) if form == XLSX else set()
    return [f"{title} ({zone})" if title in timed else title for title in titles]


def pieces(
    form: str, titles: Sequence[str], batches: Iterable[Iterable[Sequence[object]]], *, most_rows: int = MOST_ROWS
) -> Iterator[bytes]:
    """The file in pieces. Of XLSX the first one comes when the last batch was taken: it is made on disk before."""
    if form == XLSX:
        return _book(titles, batches, most_rows)
    return _text(titles, batches)


def _text(titles: Sequence[str], batches: Iterable[Iterable[Sequence[object]]]) -> Iterator[bytes]:
    yield head(titles)
    for rows in batches:
        yield lines(rows)


def _plain(cell: object) -> object:
    if isinstance(cell, str):
        return neutral(cell)
    return cell.isoformat(timespec="seconds") if isinstance(cell, datetime) else cell


def _book(titles: Sequence[str], batches: Iterable[Iterable[Sequence[object]]], most_rows: int) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="sheet-") as folder:
        path = Path(folder, "file.xlsx")
        book = _Book(path, titles, most_rows)
        try:
            for rows in batches:
                for row in rows:
                    book.add(row)
            book.close()
        finally:
            book.let_go()
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


class _Book:
    """A workbook that is written row by row, each of which is on disk when the next one comes."""

    def __init__(self, path: Path, titles: Sequence[str], most_rows: int) -> None:
        self._book = Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "use_zip64": True,
            },
        )
        self._titles, self._most = titles, most_rows
        self._bold = self._book.add_format({"bold": True, "quote_prefix": True})
        self._text = self._book.add_format({"quote_prefix": True})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._begin()

    def add(self, row: Sequence[object]) -> None:
        """The next row, on the next sheet when this one is full."""
        if self._row == self._most:
            self._begin()
        for column, cell in enumerate(row):
            self._write(column, cell)
        self._row += 1

    def close(self) -> None:
        """Puts the file together."""
        self._book.close()

    def let_go(self) -> None:
        """Closes what is open of a book that was not finished."""
        for sheet in self._book.worksheets():
            if sheet.row_data_fh is not None:
                sheet.row_data_fh.close()

    def _begin(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, max(len(self._titles) - 1, 0), WIDTH)
        for column, title in enumerate(self._titles):
            self._sheet.write_string(0, column, title, self._bold)
        self._row = 1

    def _write(self, column: int, cell: object) -> None:
        """Texts that look like formulas keep the mark of a text; what a spreadsheet cannot hold is a text too."""
        if cell is None or cell == "":
            return
        if isinstance(cell, bool):
            self._sheet.write_boolean(self._row, column, cell)
        elif isinstance(cell, int | float | Decimal) and math.isfinite(cell) and -MOST_DIGITS < cell < MOST_DIGITS:
            self._sheet.write_number(self._row, column, float(cell) if isinstance(cell, Decimal) else cell)
        elif isinstance(cell, datetime) and cell.date() >= FIRST_DAY:
            self._sheet.write_datetime(self._row, column, cell.replace(tzinfo=None), self._moment)
        elif isinstance(cell, date) and not isinstance(cell, datetime) and cell >= FIRST_DAY:
            self._sheet.write_datetime(self._row, column, datetime(cell.year, cell.month, cell.day), self._day)  # noqa: DTZ001
        else:
            text = _fitting(str(_unquoted(cell)))
            self._sheet.write_string(self._row, column, text, self._text if text.startswith(FORMULA) else None)


def _unquoted(cell: object) -> object:
    return cell.isoformat(timespec="seconds") if isinstance(cell, datetime) else cell


def _fitting(text: str) -> str:
    """At most as long as a cell can be; what was cut off is marked."""
    if len(text) <= LONGEST_TEXT // 2 or len(text.encode("utf-16-le")) <= 2 * LONGEST_TEXT:
        return text
    return text.encode("utf-16-le")[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", errors="ignore") + "…"
