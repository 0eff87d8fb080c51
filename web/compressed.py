"""What browsers load compressed: our own texts among the static files, once for all of them."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from flask import Response, request
from werkzeug.security import safe_join

from infra import gzipped

TEXTS = frozenset({".js", ".css", ".svg", ".json", ".webmanifest"})
ENCODING = (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))


@dataclass(frozen=True, slots=True)
class Squeezed:
    """A file as it is sent."""

    content: bytes
    kind: str
    tag: str


def wanted() -> bool:
    """Whether whoever asks reads gzip (RFC 9110, 12.5.3)."""
    return _reads_gzip(request.environ.get("HTTP_ACCEPT_ENCODING", ""))


def find_file(folder: str | None, name: str) -> Squeezed | None:
    """The file for whoever asks; None where it is to be sent as it is, or is none."""
    path = safe_join(folder, name) if folder and Path(name).suffix in TEXTS and wanted() else None
    if path is None or "Range" in request.headers:
        return None
    try:
        return _squeezed(path, Path(path).stat().st_mtime_ns)
    except OSError:
        return None


def answer(found: Squeezed) -> Response:
    """The file, unless the browser has it already."""
    made = Response(found.content, mimetype=found.kind, headers=ENCODING)
    made.set_etag(found.tag)
    return made


@lru_cache(500)
def _squeezed(path: str, changed: int) -> Squeezed:
    """Read and compressed once, and again when it has changed."""
    content = Path(path).read_bytes()
    kind = guess_type(path)[0] or "application/octet-stream"
    return Squeezed(gzipped.whole(content), kind, sha256(content).hexdigest()[:20])


@lru_cache(500)
def _reads_gzip(header: str) -> bool:
    for part in header[:400].lower().split(","):
        name, _, quality = part.partition(";q=")
        if name.strip() in ("gzip", "*"):
            try:
                return float(quality or 1) > 0
            except ValueError:
                return False
    return False
