"""What people send as files."""

from io import BytesIO

import pytest
from PIL import Image

from infra import uploads
from infra.uploads import UploadRefused, clean_image


def picture(kind: str, size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "#aa3311").save(written, format=kind, **options)  # type: ignore[arg-type]
    return written.getvalue()


@pytest.mark.parametrize(("kind", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "png"), ("GIF", "png")])
def test_an_image_is_written_anew(kind: str, extension: str) -> None:
    clean = clean_image(BytesIO(picture(kind)))
    assert (clean.extension, clean.width, clean.height) == (extension, 40, 20)
    with Image.open(BytesIO(clean.content)) as reopened:
        assert uploads.KINDS[str(reopened.format)] == clean.content_type


def test_place_and_camera_are_dropped_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    exif[0x0112] = 6  # lies on its side
    clean = clean_image(BytesIO(picture("JPEG", exif=exif)))
    assert (clean.width, clean.height) == (20, 40)
    assert b"Secret Camera" not in clean.content
    with Image.open(BytesIO(clean.content)) as reopened:
        assert not reopened.getexif()


def test_a_script_behind_a_picture_does_not_survive() -> None:
    clean = clean_image(BytesIO(picture("PNG") + b"<script>alert(1)</script>"))
    assert b"script" not in clean.content


def test_a_large_picture_is_made_smaller() -> None:
    clean = clean_image(BytesIO(picture("PNG", (3000, 1500))))
    assert (clean.width, clean.height) == (1024, 512)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "SVG"),
        (b"%PDF-1.7", "not a PNG"),
        (picture("PNG")[:60], "damaged"),
        (picture("BMP"), "not a PNG"),
        (b"x" * (2 * 1024 * 1024 + 1), "too large"),
    ],
    ids=["empty", "svg", "xml", "pdf", "cut off", "bmp", "too large"],
)
def test_what_is_no_good_image_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UploadRefused, match=reason):
        clean_image(BytesIO(content))


def test_a_small_file_that_unfolds_to_a_huge_picture_is_not_decoded() -> None:
    written = BytesIO()
    Image.new("1", (7000, 7000)).save(written, format="PNG")
    with pytest.raises(UploadRefused, match="too many pixels"):
        clean_image(BytesIO(written.getvalue()))
