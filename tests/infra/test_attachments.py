"""Files are judged by what is in them; what would harm whoever opens one is refused."""

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
        (packed(("a.txt", b"a")), "application/zip"),
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
    ],
)
def test_what_is_refused_says_why(content, name, says):
    began = time.process_time()
    with pytest.raises(UploadRefused, match=says):
        attachments.kind_of(BytesIO(content), name, max_bytes=MOST)
    assert time.process_time() - began < 2


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
