"""ETags of rows that two may change at once (RFC 9110, 8.8.3 and 13.1.1)."""

from typing import Protocol, TypeVar
from uuid import UUID

from flask import abort, request

from customers.revisions import Revised, revision_of


class Row(Revised, Protocol):
    """A row with an id."""

    id: UUID


R = TypeVar("R", bound=Row)


def etag(row: Revised) -> dict[str, str]:
    """The header for the row's present state."""
    return {"ETag": f'"{revision_of(row)}"'}


def told(row: R, status: int, headers: dict[str, str], *, under: str = "") -> tuple[R, int, dict[str, str]]:
    """The answer to a write: the row with its ETag, and where it stands if it is new (`under` names its list)."""
    place = {"Location": f"/api/v1/{under}/{row.id}"} if under else {}
    return row, status, {**headers, **etag(row), **place}


def expected(row: Revised) -> int:
    """The revision that the program has seen, by If-Match; without one, as in `*`, 428, with another one 412."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        abort(428)
    if not request.if_match.contains(str(revision_of(row))):
        abort(412)
    return revision_of(row)
