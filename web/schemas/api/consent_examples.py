"""Examples for consent, messages and suppressed addresses."""

PERSON_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44"
CONSENT_ID = "0192f0c2-11d0-7f6e-8a55-5d0be7c9e001"
CONTACT_ID = "0192f0d8-9e21-7b0c-b1f2-77c1de40a9d2"
ENTRY_ID = "0192f0d8-9e22-7c51-8d3f-2f6f0b9b1c77"
AT = "2026-03-02T08:15:00+00:00"

NEW_CONSENT = {"purpose": "news", "state": "given", "text_version": "shop-2026-1", "at": AT}
CONSENT = {
    "id": CONSENT_ID,
    "person_id": PERSON_ID,
    "purpose": "news",
    "channel": "email",
    "topic": "",
    "state": "given",
    "counts": True,
    "source": "api",
    "text_version": "shop-2026-1",
    "text_digest": None,
    "text": None,
    "language": "en",
    "how": None,
    "network": None,
    "evidence": None,
    "guardian_confirmed": False,
    "expires_at": None,
    "at": AT,
    "created_at": AT,
}
CONSENT_PAGE = {"items": [CONSENT], "next_cursor": None}
CONTACT = {
    "id": CONTACT_ID,
    "person_id": PERSON_ID,
    "purpose": "survey",
    "channel": "email",
    "topic": "",
    "reminder": False,
    "state": "refused",
    "reason": "budget",
    "mail": None,
    "due_at": AT,
    "created_at": AT,
}
CONTACT_PAGE = {"items": [CONTACT], "next_cursor": None}
LINK_KEY = {"key": "9f2c" * 16, "number": 1}
NEW_SUPPRESSION = {"email": "ann@example.org", "reason": "Asked by letter"}
SUPPRESSION = {
    "id": ENTRY_ID,
    "email": "ann@example.org",
    "kind": "manual",
    "source": "api",
    "reason": "Asked by letter",
    "evidence": None,
    "at": AT,
    "lifted_at": None,
}
SUPPRESSION_PAGE = {"items": [SUPPRESSION], "next_cursor": None}
LIFTING = {"reason": "Wrote to us again"}
