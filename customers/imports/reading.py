"""Rows of a file as texts: CSV in whatever encoding and with whatever separator it came, or XLSX.

Nothing holds a whole file: rows come one after the other, and a cell is at most LONGEST_CELL letters.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from customers.imports import xlsx
from customers.imports.errors import FileDamaged, FileRefused
from infra.i18n import N_

MOST_COLUMNS = 1_000
LONGEST_CELL = 2 * 1024 * 1024
HEAD = 64 * 1024
SEPARATORS = (",", ";", "\t", "|")
SAMPLE = 20
MOST_HEAD = 100_000
"""Rows, empty ones too, among which the first ones are looked for."""

EMPTY = N_("This file is empty.")
HEADERS_ONLY = N_("This file has a row of headings and nothing below it.")
TOO_MANY_COLUMNS = N_("This file has more than %(most)s columns.")
NOT_TEXT = N_("This is neither a CSV nor an XLSX file.")
LONG_CELL = N_("A cell near row %(row)s is too long, or its quotation mark is never closed.")

csv.field_size_limit(LONGEST_CELL)

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")


def recognise(path: Path) -> dict[str, Any]:
    """How the file is to be read. Raises FileRefused."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip():
        raise FileRefused(EMPTY)
    if head.startswith(b"PK\x03\x04"):
        return {"kind": "xlsx"}
    if head.startswith(_BINARY):
        raise FileRefused(NOT_TEXT)
    encoding = _encoding(path, head)
    text = head.decode(encoding, errors="ignore")
    separator = _separator(text)
    return {"kind": "csv", "encoding": encoding, "separator": separator}


def head_of(path: Path, form: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """The headings, each once, and the first rows. Raises FileRefused."""
    rows = list(islice(_all(path, form, head=True), SAMPLE + 1))
    if not rows or not any(cell.strip() for cell in rows[0][1]):
        raise FileRefused(EMPTY)
    if len(rows) == 1:
        raise FileRefused(HEADERS_ONLY)
    return _headers(rows[0][1]), [cells for _, cells in rows[1:]]


def rows_of(path: Path, form: Mapping[str, Any], *, after: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Rows below the headings with their numbers in the file, from behind `after` on; empty ones are left out.

    Raises FileDamaged.
    """
    try:
        for number, cells in islice(_all(path, form), 1, None):
            if number > after:
                yield number, cells
    except FileRefused as refused:
        raise FileDamaged() from refused


def _all(path: Path, form: Mapping[str, Any], *, head: bool = False) -> Iterator[tuple[int, list[str]]]:
    if form["kind"] == "xlsx":
        source = xlsx.rows(path, most_columns=MOST_COLUMNS, head=head)
    else:
        source = _csv(path, form)
    for number, cells in islice(source, MOST_HEAD if head else None):
        if len(cells) > MOST_COLUMNS:
            if any(cell.strip() for cell in cells[MOST_COLUMNS:]):
                raise FileRefused(TOO_MANY_COLUMNS, most=MOST_COLUMNS)
            del cells[MOST_COLUMNS:]
        if any(cells) and any(cell.strip() for cell in cells):
            yield number, cells


def _csv(path: Path, form: Mapping[str, Any]) -> Iterator[tuple[int, list[str]]]:
    """Rows, counted as a spreadsheet counts them: a row with line breaks in quotes is one."""
    number = 0
    with path.open("rb") as raw, io.TextIOWrapper(raw, form["encoding"], errors="replace", newline="") as text:
        reader = csv.reader((line.replace("\x00", "") for line in text), delimiter=form["separator"])
        try:
            for cells in reader:
                number += 1
                if number == 1 and len(cells) == 2 and (cells[0].lower(), cells[1]) == ("sep=", ""):
                    number = 0  # Excel's own line that names the separator
                    continue
                yield number, cells
        except (csv.Error, UnicodeError):
            raise FileRefused(LONG_CELL, row=number + 1) from None


def _encoding(path: Path, head: bytes) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    nulls = head.count(0)
    if nulls > len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) > nulls // 2 else "utf-16-be"
    if nulls > 16:
        raise FileRefused(NOT_TEXT)
    return "utf-8" if _is_utf8(path) else "cp1252" if not set(head) & _NOT_IN_CP1252 else "latin-1"


_NOT_IN_CP1252 = {0x81, 0x8D, 0x8F, 0x90, 0x9D}


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _separator(text: str) -> str:
    """The one that cuts the first rows into most columns of equal number."""
    first = text.splitlines()[0].strip() if text.splitlines() else ""
    if first.lower().startswith("sep=") and first[4:5] in SEPARATORS:
        return first[4]
    return max(SEPARATORS, key=lambda separator: _fits(text, separator))


def _fits(text: str, separator: str) -> tuple[float, int]:
    try:
        rows = [row for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 20) if row]
    except csv.Error:
        return (0.0, 0)
    if not rows or len(rows[0]) < 2:
        return (0.0, 0)
    whole = rows[:-1] or rows  # the last one may be cut off
    alike = sum(len(row) == len(rows[0]) for row in whole) / len(whole)
    return (alike, len(rows[0]))


def _headers(cells: Sequence[str]) -> list[str]:
    """Names of the columns on one line, an empty one left empty; of equal ones the later get a number."""
    last = max(at for at, cell in enumerate(cells) if cell.strip())
    names: list[str] = []
    seen: dict[str, int] = {}
    for cell in cells[: last + 1]:
        name = " ".join(cell.split())[:100]
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return names
