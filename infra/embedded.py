"""Files inside documents: what a double click on a picture in a letter unpacks and opens.

Office keeps such a file in an OLE file of its own, in a stream whose name is always the same ([MS-OLEDS] 2.3.6); in
RTF an object is written out in digits, in more ways than anybody reads alike, so any object counts.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import IO

from infra.zips import ArchiveDamaged, ArchiveTooLong

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How an OLE file begins ([MS-CFB] 2.2)."""
MOST = 50_000_000
"""Bytes of all OLE files in one archive that are looked through."""
_PACKAGE = "\x01Ole10Native".encode("utf-16-le")
_RTF = b"{\\rt"
_RTF_OBJECT = re.compile(rb"\\obj[a-z]")
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of others the library unfolds a whole block for one byte, and documents are packed like this alone."""
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    OSError,
)


def holds_file(content: bytes) -> bool:
    """Whether an OLE file packs another file."""
    return _PACKAGE in content


def is_rtf(head: bytes) -> bool:
    """By its beginning, as Word asks."""
    return head.lstrip().startswith(_RTF)


def holds_object(content: bytes) -> bool:
    """Whether an RTF document holds an object."""
    return _RTF_OBJECT.search(content) is not None


def ole_files(file: IO[bytes], entries: Sequence[zipfile.ZipInfo], *, strict: bool) -> Iterator[bytes]:
    """The OLE files in an archive, whatever they are called. Raises ArchiveTooLong, and ArchiveDamaged when it is
    `strict` and something cannot be read; else that is left out, such as what has a password.
    """
    left = MOST
    with zipfile.ZipFile(file) as archive:
        for entry in entries:
            try:
                content = _ole_file(archive, entry, left) if entry.compress_type in _PACKINGS else None
            except _UNREADABLE:
                content = None
            if content is None and strict:
                raise ArchiveDamaged()
            left -= len(content or b"")
            if left <= 0:
                raise ArchiveTooLong()
            if content:
                yield content


def _ole_file(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """At most so many bytes of it; nothing of what is no OLE file."""
    with archive.open(entry) as part:
        start = part.read(len(OLE))
        return start + part.read(most) if start == OLE else b""
