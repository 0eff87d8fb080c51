"""Files that are kept as they are: what they are is seen in them, and what would harm whoever opens one is refused.

An archive says in its directory how large it unfolds, and one that unfolds beyond measure, or holds further
archives, is refused; programs are refused by content and by name, also inside archives and documents, and so are
documents with macros or with files inside them. Only what may hide such is unpacked, up to a bound.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import IO
from zipfile import ZipInfo

from infra import embedded, zips
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
MACROS = N_("File %(number)s holds macros, which are programs. Save it without them and send it again.")
UNKNOWN = N_(
    "File %(number)s is of a kind that is not accepted. Send documents, images, sound, video, text or ZIP archives."
)
DAMAGED = N_("File %(number)s is a damaged archive.")
BOMB = N_("File %(number)s is an archive that unfolds to far more than it should. Send its files one by one.")
PACKED = N_("File %(number)s is a document with files or objects inside it. Send those one by one.")
NESTED = N_("File %(number)s is an archive that holds further archives. Send those one by one.")

ZIP, _OLE = "application/zip", "application/x-ole-storage"
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
    (embedded.OLE, _OLE),
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
_PROGRAM_ENDS = (
    *("ade", "adp", "apk", "app", "appinstaller", "application", "appref-ms", "appx", "appxbundle", "bat", "cab"),
    *(
        "chm",
        "cmd",
        "com",
        "command",
        "cpl",
        "deb",
        "desktop",
        "diagcab",
        "diagcfg",
        "diagpkg",
        "dll",
        "dmg",
        "exe",
    ),
    *("gadget", "hta", "img", "inf", "ins", "iso", "isp", "jar", "jnlp", "js", "jse", "library-ms", "lnk", "mde"),
    *("mjs", "msc", "msi", "msix", "msixbundle", "msp", "mst", "msu", "nsh", "pif", "pkg", "ps1", "ps1xml", "ps2"),
    *(
        "psc1",
        "psm1",
        "py",
        "pyw",
        "pyz",
        "reg",
        "rpm",
        "run",
        "scf",
        "scr",
        "sct",
        "search-ms",
        "settingcontent-ms",
    ),
    *(
        "sh",
        "shb",
        "shs",
        "sys",
        "url",
        "vb",
        "vbe",
        "vbs",
        "vhd",
        "vhdx",
        "vxd",
        "wim",
        "wsc",
        "wsf",
        "wsh",
        "xll",
    ),
    *("csh", "dqy", "fileloc", "inetloc", "iqy", "ksh", "mobileconfig", "oqy", "oxt", "rdp", "rqy", "slk"),
    *("searchconnector-ms", "terminal", "tool", "webloc", "website", "workflow", "xbap", "zsh"),
)
"""What a double click runs, installs or mounts; mostly what Gmail refuses ("File types blocked in Gmail")."""
_PROGRAM_NAMES = re.compile(rf"\.(?:{'|'.join(_PROGRAM_ENDS)})$", re.IGNORECASE)
_ARCHIVES = re.compile(r"\.(?:zip|zipx|7z|rar|tar|t?gz|tgz|bz2|xz|zst|cab)$", re.IGNORECASE)
_OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
"""The name of the stream that holds the macros of a document of before 2007 (MS-OVBA 2.2.1)."""
_MACRO_NAMES = re.compile(r"\.(?:do[ct]m|xl[st]m|xlam?|xlm|p[op]tm|ppsm|ppam?|sldm)$", re.IGNORECASE)
"""Of documents that are made to hold macros: Office runs those of no others."""
_MACROS = re.compile(
    r"(?:^|/)vbaProject[^/]*\.bin$|(?:^|/)macrosheets/|^(?:Basic|Scripts)/(?!.*script-l[bc]\.xml$).*[^/]$",
    re.IGNORECASE,
)
"""Macros in Office's and in OpenDocument's files; an empty library of the latter is none."""
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
    if head.startswith(_PROGRAMS) or _is_program(name):
        raise UploadRefused(PROGRAM, number=number)
    is_archive = head.startswith(b"PK\x03\x04")
    kind = _archive(file, number, size) if is_archive else _simple(head)
    if kind is None or (_ARCHIVES.search(named(name)) and not is_archive):
        raise UploadRefused(UNKNOWN, number=number)
    if _MACRO_NAMES.search(named(name)):
        raise UploadRefused(MACROS, number=number)
    file.seek(0)
    if kind == _OLE:
        _check_ole(file.read(), number)
    elif embedded.is_rtf(head) and embedded.holds_object(file.read()):
        raise UploadRefused(PACKED, number=number)
    file.seek(0)
    return kind, size


def _is_program(name: str) -> bool:
    """By a name as systems read it: without what cannot be seen, and without the dots and blanks at its end.

    What stands behind a colon is another stream of the same file to some.
    """
    shown = named(name.rstrip("\\"))
    return any(_PROGRAM_NAMES.search(each.rstrip(". ")) for each in (name.strip(), shown, *shown.split(":")))


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


def _check_ole(content: bytes, number: int) -> None:
    if _OLE_MACROS in content:
        raise UploadRefused(MACROS, number=number)
    if embedded.holds_file(content):
        raise UploadRefused(PACKED, number=number)


def _archive(file: IO[bytes], number: int, size: int) -> str:
    """What an archive is, by its directory. Raises UploadRefused."""
    try:
        entries = zips.entries(file, most=MOST_ENTRIES)
    except zips.ArchiveTooLong:
        raise UploadRefused(BOMB, number=number) from None
    except zips.ArchiveDamaged:
        raise UploadRefused(DAMAGED, number=number) from None
    unfolded = sum(entry.file_size for entry in entries)
    if unfolded > UNFOLDED_MOST or (unfolded > RATIO_FROM and unfolded > RATIO_MOST * size):
        raise UploadRefused(BOMB, number=number)
    _check_held([name for entry in entries for name in zips.names(entry)], number)
    kind = _packed_kind(entries)
    try:
        for content in embedded.ole_files(file, entries, strict=_is_document(entries)):
            _check_ole(content, number)
    except zips.ArchiveTooLong:
        raise UploadRefused(PACKED, number=number) from None
    except zips.ArchiveDamaged:
        raise UploadRefused(DAMAGED, number=number) from None
    return kind


def _check_held(names: Sequence[str], number: int) -> None:
    """Documents are archives too: what they may not hold is the same."""
    if any(_ARCHIVES.search(named(each)) for each in names):
        raise UploadRefused(NESTED, number=number)
    if any(_is_program(each) for each in names):
        raise UploadRefused(PROGRAM, number=number)
    if any(_MACROS.search(each) or _MACRO_NAMES.search(named(each)) for each in names):
        raise UploadRefused(MACROS, number=number)


def _is_document(entries: Sequence[ZipInfo]) -> bool:
    """Whether Office or another may open it, wherever its parts lie."""
    return any(entry.filename.lower() in ("[content_types].xml", "mimetype") for entry in entries)


def _packed_kind(entries: Sequence[ZipInfo]) -> str:
    names = [entry.filename for entry in entries]
    if "[Content_Types].xml" in names:
        folders = {each.partition("/")[0] for each in names}
        return next((kind for folder, kind in _OFFICE if folder in folders), ZIP)
    return "application/vnd.oasis.opendocument" if names[:1] == ["mimetype"] else ZIP
