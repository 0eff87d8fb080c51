"""Long work as programs see it: exports and imports."""

from typing import Any

from marshmallow import fields

from infra import sheets
from web.schemas.api.base import Answer, identifier, moment, one_of

STATES = ("waiting", "running", "done", "failed", "cancelled")
WORK_ID = "0192f0e7-3c51-7a1d-b2c3-d4e5f6071829"
MADE = "2026-03-02T08:15:00+00:00"
BINARY = {"type": "string", "format": "binary"}

FILES: dict[str, Any] = {kind: {"schema": BINARY} for kind in sheets.TYPES.values()}
"""A file as OpenAPI describes it."""


class Work(Answer):
    """Something that takes a while."""

    id = identifier("Its id.", required=True)
    state = one_of("How far it is.", *STATES, required=True)
    done = fields.Integer(required=True, metadata={"description": "How many rows are done."})
    total = fields.Integer(required=True, allow_none=True, metadata={"description": "Of how many, once known."})
    reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Of failed work: the code of what stopped it."}
    )
    created_at = moment("When it was asked for.", required=True)
    ended_at = moment("When it ended.", required=True, allow_none=True)


class WorkWithErrors(Work):
    """Something that takes a while, and what of it could not be done."""

    errors = fields.Integer(required=True, metadata={"description": "How many entries could not be done."})


ERRORS_FILE = {200: {"description": "The file.", "content": {"text/csv": {"schema": BINARY}}}}

WORK: dict[str, Any] = {
    "id": WORK_ID,
    "state": "done",
    "done": 1500,
    "total": 1500,
    "reason": None,
    "created_at": MADE,
    "ended_at": "2026-03-02T08:15:09+00:00",
}
WORK_WITH_ERRORS = {**WORK, "errors": 0}
