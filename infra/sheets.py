"""Files for spreadsheets: UTF-8 CSV with a byte order mark, in which nothing is run as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

BOM = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection), also in full width."""


def neutral(value: str) -> str:
    """The text so that no spreadsheet takes it for a formula: with an apostrophe in front."""
    return "'" + value if value.startswith(FORMULA) else value


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as lines (RFC 4180); texts are made neutral."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([neutral(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return buffer.getvalue().encode()


def head(titles: Sequence[str]) -> bytes:
    """Byte order mark and headings."""
    return BOM.encode() + lines([titles])
