"""The first sheet of an XLSX file as texts, read as a stream (ECMA-376, part 1, chapter 18).

A file is a ZIP of XML documents, so a small one can unfold to very much: sizes are checked before anything is
unfolded and again while it is read, and a document that declares entities is refused. Texts that cells share are
kept in a file of their own, not in memory.
"""

import mmap
import re
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from customers.imports.errors import FileRefused
from infra import zips
from infra.i18n import N_

MOST_UNFOLDED = 1024 * 1024 * 1024
MOST_TIMES = 200
"""How many times its size a document may unfold to; sheets of real people unfold to about fifteen times."""
MOST_PARTS = 10_000
MOST_ROWS = 2**31 - 1
"""More than any spreadsheet has."""
PIECE = 64 * 1024
LONGEST_CELL = 2 * 1024 * 1024
HEAD = 300_000
"""Elements that are read at most before the first rows are there; about half a second."""

BOMB = N_("This file unfolds to far more than it says. It is not read.")
DAMAGED = N_("This XLSX file is damaged. Open it in your spreadsheet, save it anew and send it again.")
NO_SHEET = N_("This XLSX file has no sheet.")
LOCKED = N_("This XLSX file is protected by a password. Save it without one and send it again.")

SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml", re.IGNORECASE)
Handler = Callable[..., Any]
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (a cell's day has no zone)
_DAYS = frozenset({14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 34, 35, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58})
"""Numbers of built-in formats that show a day."""


def rows(path: Path, *, most_columns: int, head: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Each row with its number; a text behind the last column stands right behind it, however far it was away. With
    `head`, only as far as somebody can be made to wait. Raises FileRefused.
    """
    try:
        with ExitStack() as stack:
            zips.check_length(stack.enter_context(path.open("rb")), most=MOST_PARTS)
            archive = stack.enter_context(zipfile.ZipFile(path))
            zips.require_inside(archive.infolist(), path.stat().st_size)
            _refuse_bombs(archive)
            shared = stack.enter_context(_Shared(archive))
            dates = _date_styles(archive)
            yield from _Sheet(shared, dates, most_columns).rows(archive, _first_sheet(archive), head)
    except zips.ArchiveTooLong:
        raise FileRefused(BOMB) from None
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, ValueError, EOFError, NotImplementedError):
        raise FileRefused(DAMAGED) from None
    except RuntimeError:
        raise FileRefused(LOCKED) from None


def _is_packed_well(part: zipfile.ZipInfo) -> bool:
    """Whole or deflated (ISO/IEC 29500-2): other packings break in ways of their own."""
    return part.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unfolded = sum(part.file_size for part in parts)
    bulky = any(part.file_size > 10 << 20 and part.file_size > MOST_TIMES * part.compress_size for part in parts)
    if unfolded > MOST_UNFOLDED or bulky:
        raise FileRefused(BOMB)
    if not all(_is_packed_well(part) for part in parts):
        raise FileRefused(DAMAGED)


def _first_sheet(archive: zipfile.ZipFile) -> str:
    found = [(int(match[1]), name) for name in archive.namelist() if (match := SHEET.fullmatch(name))]
    if not found:
        raise FileRefused(NO_SHEET)
    return min(found)[1]


def _parse(
    archive: zipfile.ZipFile,
    name: str,
    start: Callable[..., Any],
    end: Callable[..., Any],
    text: Callable[..., Any],
) -> Iterator[None]:
    """Feeds the document to the handlers and pauses after each piece."""
    parser = expat.ParserCreate(namespace_separator=None)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    read = 0
    with archive.open(name) as file:
        while piece := file.read(PIECE):
            read += len(piece)
            if read > MOST_UNFOLDED:
                raise FileRefused(BOMB)
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
        yield


def _refuse_doctype(*_: object) -> None:
    raise FileRefused(DAMAGED)


def _plain(tag: str) -> str:
    return tag.rpartition(":")[2]


class _Shared:
    """The texts that cells share, by number, in a file of their own."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._ends = array("Q", [0])
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        self._map: mmap.mmap | None = None
        self._text: list[str] = []
        self._is_text = self._is_reading = False
        self._length = 0
        if "xl/sharedStrings.xml" in archive.namelist():
            for _ in _parse(archive, "xl/sharedStrings.xml", self._start, self._end, self._add):
                pass
        self._file.flush()
        if self._ends[-1]:
            self._map = mmap.mmap(self._file.fileno(), self._ends[-1], access=mmap.ACCESS_READ)

    def __enter__(self) -> "_Shared":
        return self

    def __exit__(self, *_: object) -> None:
        if self._map is not None:
            self._map.close()
        self._file.close()

    def text(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1 or self._map is None:
            return ""
        return self._map[self._ends[number] : self._ends[number + 1]].decode()

    def _start(self, tag: str, _: object) -> None:
        tag = _plain(tag)
        if tag == "si":
            self._text, self._length = [], 0
        self._is_reading = tag != "rPh" and (self._is_reading or tag == "si")  # no readings of Japanese names
        self._is_text = self._is_reading and tag == "t"

    def _add(self, text: str) -> None:
        if self._is_text:
            self._length += len(text)
            if self._length > LONGEST_CELL:
                raise FileRefused(DAMAGED)
            self._text.append(text)

    def _end(self, tag: str) -> None:
        self._is_text = False
        if _plain(tag) == "si":
            written = "".join(self._text).encode()
            self._file.write(written)
            self._ends.append(self._ends[-1] + len(written))
        elif _plain(tag) == "rPh":
            self._is_reading = True


def _date_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """Numbers of the cell styles that show a day."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    own: set[int] = set()
    styles: list[int] = []
    inside: list[str] = []

    def start(tag: str, given: dict[str, str]) -> None:
        tag = _plain(tag)
        if tag == "numFmt" and _shows_day(given.get("formatCode", "")):
            own.add(int(given["numFmtId"]))
        if tag == "xf" and inside and inside[-1] == "cellXfs":
            styles.append(int(given.get("numFmtId", 0)))
        inside.append(tag)

    def end(tag: str) -> None:
        inside.pop()

    for _ in _parse(archive, "xl/styles.xml", start, end, lambda text: None):
        pass
    return frozenset(at for at, number in enumerate(styles) if number in _DAYS or number in own)


def _shows_day(code: str) -> bool:
    plain = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", code).lower()
    return "y" in plain or "d" in plain


class _Sheet:
    """One sheet; handlers fill `_done`, which `rows` empties after each piece."""

    def __init__(self, shared: _Shared, dates: frozenset[int], most_columns: int) -> None:
        self._shared, self._dates, self._most = shared, dates, most_columns
        self._begun = 0
        self._done: list[tuple[int, list[str]]] = []
        self._row: list[str] = []
        self._number = self._at = 0
        self._type = self._style = ""
        self._text: list[str] = []
        self._length = 0
        self._is_text = False

    def rows(self, archive: zipfile.ZipFile, name: str, head: bool) -> Iterator[tuple[int, list[str]]]:
        for _ in _parse(archive, name, self._start, self._end, self._add):
            yield from self._done
            self._done = []
            if head and self._begun > HEAD:
                return

    def _start(self, tag: str, given: dict[str, str]) -> None:
        tag = _plain(tag)
        self._begun += 1
        if tag == "row":
            self._row, self._at = [], -1
            self._number = max(int(given.get("r", 0)), self._number + 1)
            if self._number > MOST_ROWS:
                raise FileRefused(DAMAGED)
        elif tag == "c":
            place = given.get("r", "")
            self._at = _column(place) if place else self._at + 1
            self._type, self._style = given.get("t", ""), given.get("s", "0")
            self._text, self._length = [], 0
        self._is_text = tag in ("v", "t")

    def _add(self, text: str) -> None:
        if self._is_text:
            self._length += len(text)
            if self._length > LONGEST_CELL:
                raise FileRefused(DAMAGED)
            self._text.append(text)

    def _end(self, tag: str) -> None:
        self._is_text = False
        tag = _plain(tag)
        if tag == "c":
            value, at = self._value("".join(self._text)), min(self._at, self._most)
            if value and (
                at < self._most or value.strip()
            ):  # an empty cell makes no row wider: a few bytes would become thousands of cells
                self._row.extend([""] * (at + 1 - len(self._row)))
                self._row[at] = value
        elif tag == "row":
            self._done.append((self._number, self._row))

    def _value(self, text: str) -> str:
        if self._type == "s":
            return self._shared.text(int(text)) if text else ""
        if self._type in ("str", "inlineStr", "d"):
            return text
        if self._type == "e":
            return ""
        if self._type == "b":
            return "true" if text == "1" else "false"
        return self._number_text(text)

    def _number_text(self, text: str) -> str:
        """A number as it would be typed; a day as year, month and day."""
        if not text:
            return ""
        number = float(text)
        if int(self._style or 0) in self._dates and 0 < number < 2_958_466:
            return (_EPOCH + timedelta(days=number)).date().isoformat()
        if number.is_integer() and abs(number) < 1e15:
            return str(int(number))
        return repr(number)


def _column(place: str) -> int:
    """0 for A, 26 for AA. Raises FileRefused for what is no column, whose text nobody would miss otherwise."""
    found = 0
    for letter in place:
        if not (letter.isascii() and letter.isalpha()):
            break
        found = found * 26 + ord(letter.upper()) - 64
        if found > 16_384:
            break
    if not 0 < found <= 16_384:
        raise FileRefused(DAMAGED)
    return found - 1
