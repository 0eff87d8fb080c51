"""Files are judged by what is in them; what would harm whoever opens one is refused."""

import struct
import time
import zipfile
from io import BytesIO

import pytest

from infra import attachments
from infra.uploads import UploadRefused

MOST = 10 * 1024 * 1024


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
