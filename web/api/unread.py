"""A write shows what it wrote only to keys that may read it; to others it answers the id, and the ETag as ever.

Otherwise a key that may only write could read all of somebody by changing nothing.
"""

from collections.abc import Mapping
from typing import Any

from flask import Response, json, request

from web import tenancy

READS: Mapping[str, str] = dict.fromkeys(
    (
        "people",
        "people_changes",
        "views",
        "preferences",
        "consents",
        "merges",
        "companies",
        "interactions",
        "tasks",
        "segments",
        "invitations",
    ),
    "customers.read",
)
"""The permission to read what the writes of a resource answer."""
NOBODYS = frozenset({"renew_link_key"})
"""Writes among them that answer nobody's data."""
WRITES = frozenset({"POST", "PUT", "PATCH"})
ID_ALONE = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string", "format": "uuid"}},
    "maxProperties": 1,
}


def keep(response: Response) -> Response:
    """After a request."""
    resource, _, operation = (request.endpoint or "").rpartition(".")
    permission = _reads(resource.rpartition(".")[2], operation)
    wrote = request.method in WRITES and response.status_code in (200, 201)
    if permission and wrote and not tenancy.actor().may(permission):
        body = response.get_json(silent=True)
        response.set_data(json.dumps({"id": body["id"]} if isinstance(body, dict) and "id" in body else {}))
    return response


def described(document: dict[str, Any]) -> dict[str, Any]:
    """The description with both shapes of these answers."""
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method == "parameters" or not told(
                operation["tags"][0], operation["operationId"], method, operation["security"][0]["key"][0]
            ):
                continue
            for status in {"200", "201"} & operation["responses"].keys():
                content = operation["responses"][status].get("content", {}).get("application/json", {})
                if "$ref" not in content.get("schema", {}):
                    continue
                name = content["schema"]["$ref"].rpartition("/")[2] + "Written"
                document["components"]["schemas"][name] = {"anyOf": [content["schema"], ID_ALONE]}
                content["schema"] = {"$ref": f"#/components/schemas/{name}"}
    return document


def told(resource: str, operation: str, method: str, needed: str) -> str:
    """A sentence for the description of an operation that needs a permission; "" where it says no more."""
    permission = _reads(resource, operation)
    if permission in (None, needed) or method.upper() not in WRITES:
        return ""
    return f" A key without `{permission}` is answered the id alone."


def _reads(resource: str, operation: str) -> str | None:
    return None if operation in NOBODYS else READS.get(resource)
