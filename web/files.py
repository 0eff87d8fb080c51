"""A file from storage as an answer."""

from collections.abc import Iterator

from flask import Response

from infra.storage import StorageKey
from web import tenancy


def stored(key: str, name: str, content_type: str | None, size: int | None = None) -> Response:
    """The file under a name, as it comes from storage. Commits first: no connection is held while it goes out."""
    tenancy.checkpoint()
    answer = Response(_pieces(key), mimetype=content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    if size is not None:
        answer.content_length = size
    return answer


def _pieces(key: str) -> Iterator[bytes]:
    return tenancy.services().storage.stream(StorageKey(key))
