"""Examples of contacts, timelines and tasks for the API's description."""

from typing import Any

from web.schemas.api.customer_examples import COMPANY_ID, PERSON_ID

INTERACTION_ID = "0192f0e6-2c44-7a10-b1d2-5e6f7a8b9c0d"
TASK_ID = "0192f0e7-3d55-7b21-a2c3-6f7a8b9c0d1e"
STAFF_ID = "0192f0a0-0001-7c00-8d00-000000000001"
SAID = "2026-03-04T17:42:10+00:00"

NEW_INTERACTION: dict[str, Any] = {
    "channel": "chat",
    "direction": "in",
    "at": SAID,
    "summary": "Asked when the parcel comes",
    "messages": [
        {"who": "Ann", "at": SAID, "text": "Where is my parcel?"},
        {"who": "Aoife", "text": "It comes tomorrow."},
    ],
    "key": "conversation-8841",
}
INTERACTION: dict[str, Any] = {
    "id": INTERACTION_ID,
    "person_id": PERSON_ID,
    "company_id": None,
    "channel": "chat",
    "direction": "in",
    "at": SAID,
    "subject": None,
    "summary": "Asked when the parcel comes",
    "body": None,
    "messages": [
        {"who": "Ann", "at": SAID, "text": "Where is my parcel?"},
        {"who": "Aoife", "at": None, "text": "It comes tomorrow."},
    ],
    "files": [],
    "staff_id": None,
    "source": "api",
    "automatic": False,
    "authentication": None,
    "created_at": SAID,
    "updated_at": SAID,
}
INTERACTION_PAGE = {"items": [INTERACTION], "next_cursor": None}
ENTRY: dict[str, Any] = {
    "id": INTERACTION_ID,
    "kind": "interaction",
    "at": SAID,
    "person_id": PERSON_ID,
    "data": {"channel": "chat", "direction": "in", "summary": "Asked when the parcel comes"},
}
TIMELINE_PAGE = {"items": [ENTRY], "next_cursor": None}
NEW_TASK: dict[str, Any] = {
    "what": "Call back about the parcel",
    "due_at": "2026-03-05T09:00:00+00:00",
    "owner_id": STAFF_ID,
    "person_id": PERSON_ID,
}
TASK: dict[str, Any] = {
    "id": TASK_ID,
    "person_id": PERSON_ID,
    "company_id": COMPANY_ID,
    "what": "Call back about the parcel",
    "owner_id": STAFF_ID,
    "due_at": "2026-03-05T09:00:00+00:00",
    "source": "staff",
    "source_ref": None,
    "state": "open",
    "outcome": None,
    "note": None,
    "first_contact_at": None,
    "created_at": SAID,
    "updated_at": SAID,
    "ended_at": None,
}
TASK_PAGE = {"items": [TASK], "next_cursor": None}
END = {"outcome": "reached", "note": "The parcel has come."}
