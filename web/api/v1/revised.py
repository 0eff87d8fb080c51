"""ETags of rows that two may change at once (RFC 9110, 8.8.3 and 13.1.1)."""

from flask import abort, request

from customers.revisions import Revised, revision_of


def etag(row: Revised) -> dict[str, str]:
    """The header for the row's present state."""
    return {"ETag": f'"{revision_of(row)}"'}


def expected(row: Revised) -> int:
    """The revision that the program has seen, by If-Match; without one, as in `*`, 428, with another one 412."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        abort(428)
    if not request.if_match.contains(str(revision_of(row))):
        abort(412)
    return revision_of(row)
