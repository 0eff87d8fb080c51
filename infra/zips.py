"""ZIP archives that strangers send: how much a directory holds is seen before it is read (APPNOTE.TXT 4.3, 4.4).

Readers differ in what they take for the directory, and some read the files one after the other without it. An
archive in which something lies that its directory does not name, or names otherwise, is damaged here: nobody could
say what somebody else finds in it.
"""

import struct
import zipfile
from collections.abc import Sequence
from typing import IO

END, LONGEST_COMMENT = 22, 65_535
_END, _ENTRY, _LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_LOCATOR, _END_64 = b"PK\x06\x07", b"PK\x06\x06"
_LOCATOR_SIZE, _END_64_SIZE = 20, 56
_LOCAL_SIZE = 30
_ONE_ENTRY = 1_000
"""Bytes of the directory that one entry may take on the average: about fifty and its name."""
_DESCRIPTOR = 24
"""The most bytes that may follow a file's data: its size once more, for writers who did not know it before."""
_SIZES_FOLLOW, _IN_UTF_8 = 0x08, 0x800
_UNREADABLE = (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, OSError, struct.error)
_UNICODE_PATH = 0x7075
"""The extra field in which Info-ZIP and others write the name once more, in UTF-8 (APPNOTE.TXT 4.6.9)."""
_WRITTEN_IN = ("utf-8", "cp437", "cp850", "cp1252")
"""What names without a mark are written in, and read in: mostly by what the machine is set to."""


class ArchiveDamaged(ValueError):
    """It cannot be read, or not by everybody in the same way."""


class ArchiveTooLong(ValueError):
    """It names more files than are read."""


def check_length(file: IO[bytes], *, most: int) -> None:
    """Raises ArchiveTooLong when the directory names more than `most` files, whatever it says of itself, and
    ArchiveDamaged where none is found. It costs one look at the bytes of the directory, which are bounded.
    """
    length = file.seek(0, 2)
    file.seek(max(0, length - END - LONGEST_COMMENT))
    tail = file.read()
    ends = tail.rfind(_END)
    if ends < 0 or len(tail) < ends + END:
        raise ArchiveDamaged()
    size, before = int.from_bytes(tail[ends + 12 : ends + 16], "little"), length - len(tail) + ends
    file.seek(max(0, before - _LOCATOR_SIZE - _END_64_SIZE))
    record = file.read(_LOCATOR_SIZE + _END_64_SIZE)
    if record[-_LOCATOR_SIZE:].startswith(_LOCATOR) and record.startswith(_END_64):
        size, before = int.from_bytes(record[40:48], "little"), before - len(record)
    if size > most * _ONE_ENTRY:
        raise ArchiveTooLong()
    if size > before:
        raise ArchiveDamaged()
    file.seek(before - size)
    if file.read(size).count(_ENTRY) > most:
        raise ArchiveTooLong()


def entries(file: IO[bytes], *, most: int) -> Sequence[zipfile.ZipInfo]:
    """What the directory names, in its order, when every reader finds the same. Raises ArchiveTooLong,
    ArchiveDamaged.
    """
    check_length(file, most=most)
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
        require_inside(found, file.seek(0, 2))
        _check_whole(file, found, archive.start_dir)
    except _UNREADABLE:
        raise ArchiveDamaged() from None
    return found


def require_inside(found: Sequence[zipfile.ZipInfo], length: int) -> None:
    """Raises ArchiveDamaged where a file would lie outside an archive of that length. Ask it before any is opened:
    the 64-bit numbers of a stranger are more than files can be asked for.
    """
    if not all(0 <= each.header_offset <= length and 0 <= each.compress_size <= length for each in found):
        raise ArchiveDamaged()


def names(entry: zipfile.ZipInfo) -> Sequence[str]:
    """Every name under which somebody may unpack it, the one that we show first."""
    read = [entry.filename, entry.orig_filename]
    if not entry.flag_bits & _IN_UTF_8:
        raw = entry.orig_filename.encode("cp437")
        read += [raw.decode(each, "replace") for each in _WRITTEN_IN]
    return list(dict.fromkeys(read))


def _check_second_names(extra: bytes, known: Sequence[str]) -> None:
    """An extra field may say no name but one of these."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if at + 4 + length > len(extra):
            raise ArchiveDamaged()
        if kind == _UNICODE_PATH and extra[at + 9 : at + 4 + length].decode() not in known:
            raise ArchiveDamaged()
        at += 4 + length


def _check_whole(file: IO[bytes], found: Sequence[zipfile.ZipInfo], directory: int) -> None:
    """The files fill the archive from its first byte to its directory, under the names that stand there."""
    at = 0
    for entry in sorted(found, key=lambda each: each.header_offset):
        if not at <= entry.header_offset <= at + (_DESCRIPTOR if at else 0):
            raise ArchiveDamaged()
        file.seek(entry.header_offset)
        head = file.read(_LOCAL_SIZE)
        flags, packed, named, extra = struct.unpack("<6xH10xI4xHH", head)
        name = file.read(named).decode("utf-8" if entry.flag_bits & _IN_UTF_8 else "cp437")
        told = flags & _SIZES_FOLLOW or packed in (entry.compress_size, 0xFFFFFFFF)
        if not head.startswith(_LOCAL) or name != entry.orig_filename or not told:
            raise ArchiveDamaged()
        for fields in (entry.extra, file.read(extra)):
            _check_second_names(fields, names(entry))
        at = entry.header_offset + _LOCAL_SIZE + named + extra + entry.compress_size
    if not at <= directory <= at + _DESCRIPTOR:
        raise ArchiveDamaged()
