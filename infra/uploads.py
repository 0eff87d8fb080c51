"""What people send as files: judged by content, never by name or stated type, and never passed on as it came.

An image is decoded and written anew, which drops its metadata (place, camera, comments) and whatever else was
hidden in it. SVG is refused: it is a document that can run scripts.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from infra.errors import Invalid

KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
MAX_PIXELS = 24_000_000
"""Width × height beyond which an image is not decoded: a small file can unfold to gigabytes."""


class UploadRefused(Invalid):
    """The file is too large, of another kind than allowed, or damaged."""

    code = "upload_refused"
    message = "This file cannot be used."


@dataclass(frozen=True, slots=True)
class CleanImage:
    """An image made by us: its bytes, type, extension and size in pixels."""

    content: bytes
    content_type: str
    extension: str
    width: int
    height: int


def read_limited(stream: IO[bytes], max_bytes: int) -> bytes:
    """Reads a stream and stops at the limit. Raises UploadRefused when there is more."""
    content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise UploadRefused("This file is too large: at most %(limit)s kB are allowed.", limit=max_bytes // 1024)
    return content


def clean_image(stream: IO[bytes], *, max_bytes: int = 2 * 1024 * 1024, max_side: int = 1024) -> CleanImage:
    """The image upright, no side longer than `max_side` pixels, without metadata; JPEG stays JPEG, others are PNG.

    Raises UploadRefused with a sentence that says why.
    """
    content = read_limited(stream, max_bytes)
    if not content:
        raise UploadRefused("This file is empty.")
    if _looks_like_markup(content):
        raise UploadRefused("SVG files are not accepted. Please send a PNG, JPEG, WebP or GIF image.")
    return _rewritten(_decoded(content), max_side)


def _looks_like_markup(content: bytes) -> bool:
    head = content[:512].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").lower()
    return head.startswith((b"<svg", b"<?xml", b"<!doctype", b"<html", b"<!--"))


def _decoded(content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(content), formats=list(KINDS))
            if image.width * image.height > MAX_PIXELS:
                raise UploadRefused("This image has too many pixels. Please send a smaller one.")
            image.load()
            return image
    except UnidentifiedImageError:
        raise UploadRefused("This is not a PNG, JPEG, WebP or GIF image.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UploadRefused("This image is damaged and cannot be read.") from None


def _rewritten(image: Image.Image, max_side: int) -> CleanImage:
    kind = "JPEG" if image.format == "JPEG" else "PNG"
    upright = ImageOps.exif_transpose(image).convert("RGB" if kind == "JPEG" else "RGBA")
    upright.thumbnail((max_side, max_side))
    fresh = Image.new(upright.mode, upright.size)
    fresh.paste(upright)
    written = BytesIO()
    fresh.save(written, format=kind, optimize=True, **({"quality": 88} if kind == "JPEG" else {}))
    extension = "jpg" if kind == "JPEG" else "png"
    return CleanImage(written.getvalue(), KINDS[kind], extension, fresh.width, fresh.height)
