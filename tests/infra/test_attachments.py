"""Files are judged by what is in them; what would harm whoever opens one is refused."""

import struct
import time
import zipfile
import zlib
from io import BytesIO

import pytest

from infra import attachments, embedded
from infra.uploads import UploadRefused

MOST = 10 * 1024 * 1024
PACKAGE = embedded.OLE + bytes(600) + "\x01Ole10Native".encode("utf-16-le") + b"MZ"
"""An OLE file that packs a program, as far as it matters here."""


def packed(*entries: tuple[str, bytes]) -> bytes:
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return whole.getvalue()


def kind(content: bytes, name: str = "a.bin") -> str:
    return attachments.kind_of(BytesIO(content), name, max_bytes=MOST)[0]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic....", "image/heic"),
        ("Grüße,\r\nAnn".encode(), "text/plain"),
        ("Grüße".encode("utf-16"), "text/plain"),
        (b"{\\rtf1 Dear Ann\\par the subject}", "text/plain"),
        (
            packed(("[Content_Types].xml", b""), ("word/embeddings/a.bin", embedded.OLE + b"chart")),
            attachments._OFFICE[0][1],
        ),
        (b"<svg onload=alert(1)>", "text/plain"),
        (packed(("a.txt", b"a"), ("folder/", b""), ("folder/Grüße.txt", b"a")), "application/zip"),
        (packed(("mimetype", b"a"), ("Basic/script-lc.xml", b"a")), "application/vnd.oasis.opendocument"),
        (packed(("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", b"<a/>")), attachments._OFFICE[1][1]),
    ],
)
def test_what_a_file_is_is_seen_in_it(content, found):
    assert kind(content, "whatever.exe.pdf") == found


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.txt", "is empty"),
        (b"a" * (MOST + 1), "a.txt", "too large: at most 10 MB"),
        (b"MZ\x90\x00", "invoice.pdf", "is a program"),
        (b"\x7fELF\x02", "a.pdf", "is a program"),
        (b"#!/bin/sh\nrm", "a.txt", "is a program"),
        (b"text", "invoice.pdf.js", "is a program"),
        (b"\x00\x01\x02\x03unknown", "a.pdf", "not accepted"),
        (b"\x1f\x8b\x08\x00", "a.gz", "not accepted"),
        (b"PK\x03\x04 and no more", "a.zip", "damaged"),
        (packed(("[Content_Types].xml", b""), ("xl/macrosheets/sheet1.xml", b"a")), "a.xlsx", "holds macros"),
        (packed(("[Content_Types].xml", b""), ("xl/workbook.xml", b"a")), "a.XLSM ", "holds macros"),
        (packed(("a.docm", b"a")), "a.zip", "holds macros"),
        (packed(("[Content_Types].xml", b""), ("word/embeddings/a.bin", PACKAGE)), "a.docx", "objects inside it"),
        (packed(("[Content_Types].xml", b""), ("word/media/a.png", PACKAGE)), "a.docx", "objects inside it"),
        (packed(("mimetype", b""), ("Object 1", PACKAGE)), "a.odt", "objects inside it"),
        (packed(("a.doc", PACKAGE)), "a.zip", "objects inside it"),
        (PACKAGE, "a.doc", "objects inside it"),
        (b"{\\rtf1 Dear Ann{\\object\\objemb{\\*\\objdata 0105}}}", "a.doc", "objects inside it"),
        (b"full address:s:bank.example", "a.rdp", "is a program"),
        (b"ID;P", "a.slk", "is a program"),
        (b"<a/>", "Holidays.searchConnector-ms", "is a program"),
        (packed(("a.txt", b"a"))[:-4], "a.zip", "damaged"),
        (packed(("zeros", bytes(40_000_000))), "a.zip", "unfolds to far more"),
        (packed(*((f"{n}.txt", b"") for n in range(2_001))), "a.zip", "unfolds to far more"),
        (packed(("inner.zip", b"PK")), "a.zip", "further archives"),
        (packed(("setup.exe", b"MZ")), "a.zip", "is a program"),
        (packed(("[Content_Types].xml", b""), ("word/a.xml", b""), ("evil.exe", b"MZ")), "a.docx", "is a program"),
        (packed(("[Content_Types].xml", b""), ("inner.zip", b"PK")), "a.docx", "further archives"),
        (packed(("mimetype", b""), ("evil.exe", b"MZ")), "a.odt", "is a program"),
        (packed(("[Content_Types].xml", b""), ("word/vbaProject.bin", b"a")), "a.docx", "holds macros"),
        (packed(("mimetype", b""), ("Basic/Standard/Module1.xml", b"a")), "a.odt", "holds macros"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.." + "_VBA_PROJECT".encode("utf-16-le"), "a.xls", "holds macros"),
        (packed(("evil.exe ", b"MZ")), "a.zip", "is a program"),
        (packed(("evil.exe. .", b"MZ")), "a.zip", "is a program"),
        (packed(("folder\\evil.exe\\", b"MZ")), "a.zip", "is a program"),
        (packed(("evil.e\u200bxe", b"MZ")), "a.zip", "is a program"),
        (packed(("evil.exe:a.txt", b"MZ")), "a.zip", "is a program"),
        (b"text", "invoice.exe ", "is a program"),
        (b"%PDF-1.7" + packed(("evil.exe", b"MZ")), "invoice.zip", "not accepted"),
        (packed(("a.txt", b"a")).replace(b"a.txt", b"a.exe", 1), "a.zip", "damaged"),
        (packed(("evil.exe", b"MZ"))[:-70] + packed(("a.txt", b"a")), "a.zip", "damaged"),
    ],
)
def test_what_is_refused_says_why(content, name, says):
    began = time.process_time()
    with pytest.raises(UploadRefused, match=says):
        attachments.kind_of(BytesIO(content), name, max_bytes=MOST)
    assert time.process_time() - began < 2


def test_a_directory_that_hides_how_much_it_names_is_refused_before_it_is_read():
    entry = b"PK\x01\x02" + bytes(24) + b"\x01\x00" + bytes(16) + b"a"
    start, directory = b"PK\x03\x04" + bytes(30), entry * ((MOST - 200) // len(entry))
    ends = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), len(start), 0)
    began = time.process_time()
    with pytest.raises(UploadRefused, match="unfolds to far more"):
        kind(start + directory + ends)
    assert time.process_time() - began < 0.3


def test_nothing_is_unfolded_by_the_block_to_see_how_it_begins():
    """A few bytes of bzip2 are megabytes at once, whatever the directory says of their length."""
    for name, says in (("[Content_Types].xml", "damaged"), ("a.txt", "")):
        whole = BytesIO()
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_BZIP2) as archive:
            for number in range(4):
                archive.writestr(f"{number}", bytes(20_000_000))
            archive.writestr(name, b"<a/>")
            for entry in archive.infolist():
                entry.file_size = 9
        began = time.process_time()
        if says:
            with pytest.raises(UploadRefused, match=says):
                kind(whole.getvalue())
        else:
            assert kind(whole.getvalue()) == "application/zip"
        assert time.process_time() - began < 0.3


def test_a_document_that_cannot_be_looked_through_is_damaged_and_an_archive_with_a_password_is_not():
    locked = packed(("[Content_Types].xml", b"<a/>"), ("word/a.xml", b"<a/>"))
    locked = locked.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
    locked = locked.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    with pytest.raises(UploadRefused, match="damaged"):
        kind(locked)
    assert kind(locked.replace(b"[Content_Types].xml", b"[Content_Types].txt")) == "application/zip"


def renamed(name: str, raw: bytes, other: bytes, *, local: bool, central: bool) -> bytes:
    """An archive whose only file has a second name in the Unicode Path extra field (Info-ZIP, 0x7075)."""
    extra = struct.pack("<HHBI", 0x7075, 5 + len(other), 1, zlib.crc32(raw)) + other
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.extra = extra if local else b""
        archive.writestr(entry, b"content")
        entry.extra = extra if central else b""
    return whole.getvalue().replace(name.encode(), raw)


@pytest.mark.parametrize(("local", "central"), [(True, True), (True, False), (False, True)])
def test_a_file_that_some_would_unpack_under_a_second_name_is_a_damaged_archive(local, central):
    with pytest.raises(UploadRefused, match="damaged"):
        kind(renamed("a.txt", b"a.txt", b"evil.exe", local=local, central=central))
    assert kind(renamed("a.txt", b"a.txt", b"a.txt", local=local, central=central)) == "application/zip"


@pytest.mark.parametrize("written", ["cp437", "cp850", "cp1252", "utf-8"])
def test_a_name_that_stands_once_more_in_unicode_is_no_second_name(written):
    raw = "Grüße.txt".encode(written)
    twice = renamed("a" * len(raw), raw, "Grüße.txt".encode(), local=True, central=True)
    assert kind(twice) == "application/zip"
    hidden = "Grüße.e\u200bxe"
    raw = hidden.encode()
    with pytest.raises(UploadRefused, match="is a program"):
        kind(renamed("a" * len(raw), raw, raw, local=True, central=True))


def far_away(*, packed_size: int | None, offset: int | None) -> bytes:
    """Two files, the first of which says in zip64 that it is that long, the second that it lies that far away."""
    told = []
    for name, sizes, at in ((b"a.txt", packed_size, 0), (b"b.txt", None, offset)):
        numbers = [each for each in (sizes, at or None) if each is not None]
        extra = struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
        packed_as = 1 if sizes is None else 0xFFFFFFFF
        fields = (0, 0, 0, 0, 0, 0, packed_as, 1, len(name), len(extra), 0, 0, 0, 0, 0xFFFFFFFF if at else 0)
        told.append(struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 45, 0, 45, 0, *fields[1:]) + name + extra)
    first = struct.pack("<4s2B4HL2L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0xFFFFFFFF, 1, 5, 0) + b"a.txt" + b"x"
    directory = b"".join(told)
    return first + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), len(first), 0)


@pytest.mark.parametrize("place", [2**44, 2**62, 2**63 - 1, 2**63, 2**64 - 37])
def test_a_file_that_says_it_lies_beyond_the_archive_is_damaged_and_nobody_looks_for_it(place):
    for content in (far_away(packed_size=None, offset=place), far_away(packed_size=place, offset=place + 36)):
        with pytest.raises(UploadRefused, match="damaged"):
            kind(content)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("C:\\Users\\Ann\\offer.pdf", "offer.pdf"),
        ("../../etc/passwd", "passwd"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\r\nContent-Type: x.pdf", "aContent-Type: x.pdf"),
        ("  spaces   in.txt ", "spaces in.txt"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("..", ""),
        (None, ""),
    ],
)
def test_a_name_has_no_folders_and_nothing_that_cannot_be_seen(given, name):
    assert attachments.named(given) == name
