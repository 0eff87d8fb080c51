"""`Idempotency-Key`: a write that is sent twice is done once, and answered alike."""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from flask import request

from tenants import idempotency
from web import tenancy

T = TypeVar("T")

HEADER = "Idempotency-Key"
PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]*$"},
    "description": "Names this write, so that it can be sent again safely for three days.",
}
"""For `@blueprint.route(…, parameters=[repeatable.PARAMETER])`."""


def made(done: tuple[T, int, dict[str, str]], under: str) -> tuple[T, int, dict[str, str]]:
    """The answer to a write that made something, with where that stands; `under` names its list."""
    shown, status, headers = done
    row: Any = shown
    row_id = row["id"] if isinstance(row, dict) else row.id
    return shown, status, {**headers, "Location": f"/api/v1/{under}/{row_id}"}


def once(
    perform: Callable[[], UUID], show: Callable[[UUID], T], *, status: int = 201, digest: bytes | None = None
) -> tuple[T, int, dict[str, str]]:
    """Performs the write of this request, or finds what it did before, and shows the result by its id.

    What is shown is read anew: the store holds ids only. Without the header the write is simply performed. `digest`
    is the SHA-256 of a body that was too large to be kept in memory.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return show(perform()), status, {}
    actor = tenancy.actor()
    assert actor.id is not None, "only API keys reach the API"
    asked = idempotency.Asked(
        api_key_id=actor.id,
        key=key,
        route=f"{request.method} {request.full_path}",
        body_hash=digest or hashlib.sha256(request.get_data()).digest(),
    )
    result_id, replayed = idempotency.once(tenancy.session(), asked, perform, status=status)
    return show(result_id), status, {"Idempotency-Replayed": "true"} if replayed else {}
