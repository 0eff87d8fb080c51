"""What is said of public events outside of the console: the OpenAPI document's `webhooks`, and docs/webhooks.md.

`python -m web.api.event_docs` writes the part of the page that lists the events anew; a test compares the two.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tenants.webhooks.catalogue import TEST, Catalogue, PublicEvent

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"
BEGIN, END = "<!-- events: written by `python -m web.api.event_docs` -->\n", "<!-- end of events -->\n"
TYPES = {"id": "id", "id or null": "id or null", "number": "number", "code": "code"}

HEADERS = {
    "webhook-id": "The message: the same for every attempt and replay. Whoever keeps it does nothing twice.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "One or two signatures `v1,…` of Standard Webhooks, separated by a space.",
}


def openapi(catalogue: Catalogue) -> dict[str, Any]:
    """The `webhooks` of the OpenAPI document: what a receiver is sent."""
    return {event.name: {"post": _operation(event)} for event in (*catalogue.events, TEST)}


def markdown(catalogue: Catalogue) -> str:
    """The list of events with a sentence, the fields and an example of each."""
    return "\n".join(part for event in (*catalogue.events, TEST) for part in _section(event))


def written(page: str, catalogue: Catalogue) -> str:
    """The page with the list of events as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{markdown(catalogue)}\n{END}{after}"


def _operation(event: PublicEvent) -> dict[str, Any]:
    content = {"schema": event.schema(), "example": json.loads(event.example())}
    return {
        "operationId": "on_" + event.name.replace(".", "_"),
        "summary": event.sentence,
        "security": [],
        "parameters": [
            {"in": "header", "name": name, "required": True, "schema": {"type": "string"}, "description": words}
            for name, words in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "2XX": {"description": "Taken. Anything else is tried again for about three days."},
            "410": {"description": "Nothing more is wanted: the webhook is paused at once."},
        },
    }


def _section(event: PublicEvent) -> Iterator[str]:
    yield f"### `{event.name}`, version {event.version}\n"
    yield f"{event.sentence}\n"
    yield "| field of `data` | type | |\n|---|---|---|"
    for field in event.fields:
        yield f"| `{field.name}` | {TYPES[field.type]} | {field.words} |"
    yield f"\n```json\n{json.dumps(json.loads(event.example()), indent=2)}\n```\n"


if __name__ == "__main__":
    from web.registries import PUBLIC_EVENTS

    PAGE.write_text(written(PAGE.read_text("utf-8"), PUBLIC_EVENTS), "utf-8")
