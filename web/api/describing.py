"""What every operation's description has without saying it: its id, the key's scope, its errors, its headers.

All of it follows from the access policy and from what the operation takes, so it cannot be forgotten or wrong.
"""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import surveys
from web.api import repeatable, unread
from web.surfaces import Grant

WRITES = frozenset({"post", "put", "patch", "delete"})
DEFINITION = "SurveyDefinition"
CONDITIONAL = "conditional"
"""`@blueprint.doc(conditional=True)`: the operation looks at If-Match."""
CONFLICTS = "conflicts"
"""`@blueprint.doc(conflicts=True)`: reading it is not possible in every state."""

IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "The ETag of what you changed.",
}

STATUSES: dict[int, str] = {
    400: "The body or a header could not be read: `bad_request`, `idempotency_key_malformed`.",
    401: "No key, or one that opens nothing here: `api_key_required`; one that did: `api_key_expired`,"
    " `api_key_revoked`, or after a rotation `api_key_replaced`.",
    403: "The key lacks the scope: `scope_missing`.",
    404: "There is no such thing in this workspace.",
    409: "Not possible in this state, or a request with this Idempotency-Key has not ended yet:"
    " `idempotency_key_in_flight`.",
    412: "The draft has changed since: `precondition_failed`.",
    413: "The body is larger than two megabytes: `too_large`.",
    415: "The body is not sent as JSON: `unsupported_media_type`.",
    422: "Understood, and cannot be accepted; `errors` says what is wrong where.",
    428: "Say which revision you changed: `precondition_required`.",
    429: "More requests than the key may send in a minute: `too_many_requests`. Wait for `Retry-After` seconds.",
    503: "A part of the service does not answer at the moment. Nothing was lost; send it again.",
}

EXAMPLES: dict[int, tuple[str, str, str]] = {
    400: ("bad_request", "This could not be read", "The request could not be read. Check it and send it again."),
    401: ("api_key_required", "Please sign in", "Send a valid API key: Authorization: Bearer <key>."),
    403: ("scope_missing", "You may not do this", "This API key lacks the scope surveys.publish."),
    404: ("survey_not_found", "There is nothing here", "There is no such survey."),
    409: ("survey_archived", "Not possible now", "This survey is archived. Restore it first."),
    412: ("precondition_failed", "This could not be read", "This was changed in the meantime."),
    413: ("too_large", "Too large", "What was sent is too large."),
    415: ("unsupported_media_type", "Not accepted", "This address does not accept that kind of content."),
    422: ("invalid", "Please check this", "Some of what was sent cannot be accepted."),
    428: ("precondition_required", "This could not be read", "Send If-Match with the version you have."),
    429: ("too_many_requests", "Too many requests", "Too many requests. Please wait a moment and try again."),
    503: ("unavailable", "Not available at the moment", "This part of the service does not answer at the moment."),
}

Docs = dict[str, dict[str, Any]]


def completed(docs: Docs, prefix: str, policy: Mapping[str, Grant]) -> Docs:
    """flask-smorest's notes of a blueprint, by endpoint, with what follows from the policy."""
    found = deepcopy(docs)
    for endpoint, methods in found.items():
        permission = policy[f"{prefix}.{endpoint}"].permission
        resource, _, operation = endpoint.rpartition(".")
        for method, notes in methods.items():
            if method != "parameters":
                _complete(method, operation, permission, notes)
                notes["docstring"]["description"] += unread.told(resource, operation, method, permission)
    return found


def responses() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every problem answer by the name that flask-smorest gives its status."""
    for status, description in STATUSES.items():
        content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": _example(status)}
        response: dict[str, Any] = {
            "description": description,
            "content": {"application/problem+json": content},
        }
        if status in (429, 503):
            response["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
        yield HTTPStatus(status).name, response


LIMITS = {
    "RateLimit-Policy": {
        "description": "How much the key may ask: `q` requests in `w` seconds.",
        "schema": {"type": "string", "examples": ['"key";q=1200;w=60']},
    },
    "RateLimit": {
        "description": "What is left: `r` requests for the next `t` seconds. Missing when it is not known.",
        "schema": {"type": "string", "examples": ['"key";r=1199;t=60']},
    },
}
"""Fields of draft-ietf-httpapi-ratelimit-headers-10."""


def with_limits(document: dict[str, Any]) -> dict[str, Any]:
    """The description with the fields that every answer carries."""
    document["components"]["headers"] = LIMITS
    named = {name: {"$ref": f"#/components/headers/{name}"} for name in LIMITS}
    answers = [
        response
        for operations in document["paths"].values()
        for operation in operations.values()
        if isinstance(operation, dict)
        for response in operation.get("responses", {}).values()
    ]
    for response in [*answers, *document["components"]["responses"].values()]:
        if "$ref" not in response:
            response["headers"] = {**response.get("headers", {}), **named}
    return document


@lru_cache(1)
def definition_schemas() -> dict[str, dict[str, Any]]:
    """The schema of survey definitions as components; its own `$defs` become components beside it."""
    text = (Path(surveys.__file__).parent / "survey-definition.schema.json").read_text("utf-8")
    whole = json.loads(text)
    names = {name: DEFINITION + "".join(word.title() for word in name.split("_")) for name in whole["$defs"]}
    for name, component in names.items():
        text = text.replace(f'"#/$defs/{name}"', f'"#/components/schemas/{component}"')
    whole = json.loads(text)
    parts = whole.pop("$defs")
    whole.pop("$schema")
    return {DEFINITION: whole, **{names[name]: part for name, part in parts.items()}}


def _complete(method: str, operation: str, permission: str, notes: dict[str, Any]) -> None:
    manual = notes.setdefault("manual_doc", {})
    conditional, conflicts = manual.pop(CONDITIONAL, False), manual.pop(CONFLICTS, False)
    parameters = notes.setdefault("arguments", {}).setdefault("parameters", [])
    manual["operationId"] = operation
    manual["security"] = [{"key": [permission]}]
    statuses = {*_statuses(method, parameters, conditional), *([409] if conflicts else [])}
    problems = {status: HTTPStatus(status).name for status in statuses}
    manual["responses"] = {**problems, **manual.get("responses", {})}
    parameters.extend([repeatable.PARAMETER] if method in WRITES else [])
    parameters.extend([IF_MATCH] if conditional else [])
    words = notes["docstring"]
    words["description"] = f"{words.get('description', '')}\n\nNeeds the scope `{permission}`.".strip()


def _statuses(method: str, parameters: list[dict[str, Any]], conditional: bool) -> Iterator[int]:
    yield from (401, 403, 404, 429, 503)
    if method in WRITES:
        yield from (400, 409, 413)
    if any(parameter["in"] == "json" for parameter in parameters):
        yield 415
    if parameters or method in WRITES:
        yield 422
    if conditional:
        yield from (412, 428)


def _example(status: int) -> dict[str, Any]:
    code, title, detail = EXAMPLES[status]
    return {
        "type": f"urn:rapport:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
