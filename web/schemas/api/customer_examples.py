"""Examples for the operations on customers."""

from typing import Any

PERSON_ID = "0192f0e4-6b0f-7d1e-8c55-9a1f2b3c4d5e"
COMPANY_ID = "0192f0e3-1c22-7e4f-8a9b-0c1d2e3f4a5b"
ATTRIBUTE_ID = "0192f0e2-0d11-7c3e-9b8a-7f6e5d4c3b2a"
MADE = "2026-03-02T08:15:00+00:00"
MET = "2026-03-04T17:42:10+00:00"

ETAG: dict[str, Any] = {"ETag": {"description": "The present state, for `If-Match`.", "schema": {"type": "string"}}}
MADE_HEADERS: dict[str, Any] = {
    "Location": {"description": "Where it stands.", "schema": {"type": "string"}},
    **ETAG,
}

NEW_PERSON = {
    "name": "Ann Lee",
    "email": "ann.lee@example.org",
    "phone": "+49301234567",
    "external_id": "K-1047",
    "language": "en",
}
PERSON: dict[str, Any] = {
    "id": PERSON_ID,
    **NEW_PERSON,
    "company_id": COMPANY_ID,
    "zone": "Europe/Berlin",
    "attributes": {"tier": "gold"},
    "nps": 9,
    "csat": None,
    "ces": None,
    "scored_at": MET,
    "last_contact_at": MET,
    "source": "api",
    "created_at": MADE,
    "updated_at": MET,
}
PERSON_PAGE = {"items": [PERSON], "next_cursor": None}

NEW_COMPANY = {"name": "Lee Imports", "website": "https://lee.example"}
COMPANY: dict[str, Any] = {
    "id": COMPANY_ID,
    **NEW_COMPANY,
    "external_id": None,
    "attributes": {},
    "created_at": MADE,
    "updated_at": MADE,
}
COMPANY_PAGE = {"items": [COMPANY], "next_cursor": None}

OPTIONS = [{"code": "gold", "label": "Gold"}, {"code": "silver", "label": "Silver"}]
NEW_ATTRIBUTE: dict[str, Any] = {"subject": "person", "label": "Tier", "type": "choice", "options": OPTIONS}
ATTRIBUTE: dict[str, Any] = {
    "id": ATTRIBUTE_ID,
    **NEW_ATTRIBUTE,
    "code": "tier",
    "personal": False,
    "own": False,
    "position": 1,
    "archived_at": None,
    "created_at": MADE,
}
ATTRIBUTE_PAGE = {"items": [ATTRIBUTE], "next_cursor": None}
