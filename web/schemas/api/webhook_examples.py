"""Examples for the operations on webhooks."""

WEBHOOK_ID = "0192f0e0-4c1d-7a52-9f11-6b1f6f0a7c11"
EVENT_ID = "0192f0d8-9e22-7c51-8d3f-2f6f0b9b1c77"
MADE = "2026-03-02T08:15:00+00:00"
ANSWERED = "2026-03-04T17:42:11+00:00"

NEW_WEBHOOK = {
    "url": "https://crm.example.org/rapport",
    "kinds": ["response.finished", "response.corrected"],
    "description": "Answers to our CRM",
}
WEBHOOK = {
    "id": WEBHOOK_ID,
    **NEW_WEBHOOK,
    "state": "active",
    "state_reason": "person",
    "state_at": MADE,
    "failing_since": None,
    "last_outcome": "delivered",
    "last_attempt_at": ANSWERED,
    "created_at": MADE,
}
WEBHOOK_WITH_SECRET = {**WEBHOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
WEBHOOK_PAGE = {"items": [WEBHOOK], "next_cursor": None}

SUMMARY = {
    "webhook_id": WEBHOOK_ID,
    "event_id": EVENT_ID,
    "message_id": "msg_0192f0d89e227c518d3f2f6f0b9b1c77",
    "kind": "response.finished",
    "state": "delivered",
    "outcome": "delivered",
    "attempts": 1,
    "next_attempt_at": None,
    "created_at": ANSWERED,
    "finished_at": ANSWERED,
}
DELIVERY_PAGE = {"items": [SUMMARY], "next_cursor": None}
DELIVERY = {
    **SUMMARY,
    "payload": '{"type":"response.finished","version":1,"timestamp":"2026-03-04T17:42:10.000Z","data":'
    '{"response_id":"0192f0d8-9e21-7b0c-b1f2-77c1de40a9d2","survey_id":"0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44",'
    '"revision":1}}',
    "history": [{"at": ANSWERED, "outcome": "delivered", "status": 204, "milliseconds": 87, "words": ""}],
}
REPLAY = {"since": "2026-03-04T00:00:00+00:00"}
REPLAYED = {"count": 12}
