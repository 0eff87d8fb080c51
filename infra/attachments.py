"""Files that are kept as they are: what they are is seen in them, and what would harm whoever opens one is refused.

Nothing is unpacked or decoded. An archive says in its directory how large it unfolds, and one that unfolds beyond
measure, or holds further archives, is refused; programs are refused by content and by name.
"""

import re
import unicodedata
import zipfile
from typing import IO

from infra.i18n import N_
from infra.uploads import UploadRefused

UNFOLDED_MOST = 200 * 1024 * 1024
"""Bytes that an archive may unfold to."""
RATIO_MOST = 200
RATIO_FROM = 10 * 1024 * 1024
"""Bytes from which on the ratio of unfolded to packed counts: a sheet of zeros is no attack."""
MOST_ENTRIES = 2_000
LONGEST_NAME = 150
HEAD = 8192

EMPTY = N_("File %(number)s is empty.")
TOO_LARGE = N_("File %(number)s is too large: at most %(limit)s MB are allowed.")
PROGRAM = N_("File %(number)s is a program. Programs are not accepted.")
UNKNOWN = N_(
    "File %(number)s is of a kind that is not accepted. Send documents, images, sound, video, text or ZIP archives."
)
DAMAGED = N_("File %(number)s is a damaged archive.")
BOMB = N_("File %(number)s is an archive that unfolds to far more than it should. Send its files one by one.")
NESTED = N_("File %(number)s is an archive that holds further archives. Send those one by one.")

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"#!",
)
_PROGRAM_NAMES = re.compile(
    r"\.(?:exe|com|scr|pif|bat|cmd|ps1|psm1|vbs?|vbe|jse?|wsf?|wsh|hta|msi|msp|lnk|url|cpl|jar|apk|app|sh|reg|dll|iso)$",
    re.IGNORECASE,
)
_ARCHIVES = re.compile(r"\.(?:zip|7z|rar|tar|t?gz|tgz|bz2|xz|zst|cab)$", re.IGNORECASE)
_OFFICE = (
    ("word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xl", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)


def named(given: str | None) -> str:
    """A file's name without its folders and without what cannot be seen, such as marks that turn its end around."""
    last = re.split(r"[/\\]", given or "")[-1]
    seen = "".join(each for each in last if unicodedata.category(each)[0] not in "CZ" or each == " ")
    whole = " ".join(seen.split()).strip(". ")
    stem, dot, end = whole.rpartition(".")
    return stem[: LONGEST_NAME - len(end) - 1] + dot + end if len(end) < 20 else whole[:LONGEST_NAME]


def kind_of(file: IO[bytes], name: str, *, max_bytes: int, number: int = 1) -> tuple[str, int]:
    """What a file is, seen in it, and its size. Raises UploadRefused with a sentence that says why not.

    `number` is its place among those that were sent; a name does not stand in errors, it may be a person's.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if not size:
        raise UploadRefused(EMPTY, number=number)
    if size > max_bytes:
        raise UploadRefused(TOO_LARGE, number=number, limit=max_bytes // 1_000_000)
    head = file.read(HEAD)
    if head.startswith(_PROGRAMS) or _PROGRAM_NAMES.search(name):
        raise UploadRefused(PROGRAM, number=number)
    kind = _archive(file, number, size) if head.startswith(b"PK\x03\x04") else _simple(head)
    if kind is None:
        raise UploadRefused(UNKNOWN, number=number)
    file.seek(0)
    return kind, size


def _simple(head: bytes) -> str | None:
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[4:8] == b"ftyp":
        return "image/heic" if head[8:12] in (b"heic", b"heix", b"mif1", b"avif") else "video/mp4"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    return "text/plain" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)


def _archive(file: IO[bytes], number: int, size: int) -> str:
    """What an archive is, by its directory. Raises UploadRefused."""
    file.seek(max(0, size - 65_557))
    tail = file.read()
    ends = tail.rfind(b"PK\x05\x06")
    if ends < 0 or len(tail) < ends + 22:
        raise UploadRefused(DAMAGED, number=number)
    if int.from_bytes(tail[ends + 10 : ends + 12], "little") > MOST_ENTRIES:
        raise UploadRefused(BOMB, number=number)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError):
        raise UploadRefused(DAMAGED, number=number) from None
    unfolded = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unfolded > UNFOLDED_MOST:
        raise UploadRefused(BOMB, number=number)
    if unfolded > RATIO_FROM and unfolded > RATIO_MOST * size:
        raise UploadRefused(BOMB, number=number)
    names = [entry.filename for entry in entries]
    if "[Content_Types].xml" in names:
        folders = {each.partition("/")[0] for each in names}
        return next((kind for folder, kind in _OFFICE if folder in folders), "application/zip")
    if names[:1] == ["mimetype"]:
        return "application/vnd.oasis.opendocument"
    if any(_ARCHIVES.search(each) for each in names):
        raise UploadRefused(NESTED, number=number)
    if any(_PROGRAM_NAMES.search(each) for each in names):
        raise UploadRefused(PROGRAM, number=number)
    return "application/zip"
