"""Examples for the API's description: one small story about one survey, the same in every operation."""

from typing import Any

SURVEY_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44"
VERSION_ID = "0192f0c2-11d0-7f6e-8a55-5d0be7c9e001"
RESPONSE_ID = "0192f0d8-9e21-7b0c-b1f2-77c1de40a9d2"
SUBMISSION_KEY = "6a1f3c9e-52d7-4f0b-8d0e-0f7b2c1d9a35"
MADE = "2026-03-02T08:15:00+00:00"
PUBLISHED = "2026-03-02T09:00:00+00:00"
ANSWERED = "2026-03-04T17:42:10+00:00"
URL = "https://acme.example.com/s/after-your-visit"

LOCATION: dict[str, Any] = {"Location": {"description": "Where it stands.", "schema": {"type": "string"}}}
ETAG: dict[str, Any] = {
    "ETag": {"description": "The draft's revision, for `If-Match`.", "schema": {"type": "string"}}
}

DEFINITION: dict[str, Any] = {
    "format": 1,
    "default_language": "en",
    "languages": ["en"],
    "blocks": [
        {
            "id": "b_main",
            "questions": [
                {
                    "id": "q_score",
                    "code": "recommend",
                    "type": "nps",
                    "text": {"en": "How likely are you to recommend us to a friend?"},
                    "required": True,
                },
                {
                    "id": "q_reason",
                    "code": "reason",
                    "type": "long_text",
                    "text": {"en": "What is the main reason?"},
                },
            ],
        }
    ],
}

NEW_SURVEY = {"name": "After your visit", "definition": DEFINITION}
SURVEY = {
    "id": SURVEY_ID,
    "name": "After your visit",
    "address": "after-your-visit",
    "url": URL,
    "state": "live",
    "zone": "Europe/Berlin",
    "draft_revision": 1,
    "live_version_id": VERSION_ID,
    "created_at": MADE,
    "updated_at": MADE,
    "withdrawn_at": None,
    "archived_at": None,
}
SURVEY_PAGE = {"items": [SURVEY], "next_cursor": None}

DRAFT = {
    "survey_id": SURVEY_ID,
    "draft_revision": 1,
    "updated_at": MADE,
    "definition": DEFINITION,
    "problems": {},
}
DRAFT_CHANGE = {"draft_revision": 1, "definition": DEFINITION}

VERSION_SUMMARY = {
    "id": VERSION_ID,
    "survey_id": SURVEY_ID,
    "number": 1,
    "live": True,
    "published_at": PUBLISHED,
}
VERSION = {**VERSION_SUMMARY, "definition": DEFINITION}
VERSION_PAGE = {"items": [VERSION_SUMMARY], "next_cursor": None}
PUBLICATION = {
    "survey_id": SURVEY_ID,
    "live": True,
    "url": URL,
    "version": VERSION_SUMMARY,
    "has_unpublished_changes": False,
}
WITHDRAWN = {**PUBLICATION, "live": False, "version": None}

NEW_RESPONSE = {"language": "en", "answers": {"q_score": 9, "q_reason": "The coffee, and Ana at the till."}}
RECEIPT = {
    "id": RESPONSE_ID,
    "survey_id": SURVEY_ID,
    "version_id": VERSION_ID,
    "submission_key": SUBMISSION_KEY,
    "revision": 1,
    "state": "finished",
    "ending": None,
}
RESPONSE = {
    **RECEIPT,
    "person_id": None,
    "source": "api",
    "language": "en",
    "answers": {"q_score": 9},
    "texts": {"q_reason": "The coffee, and Ana at the till."},
    "hidden": {"table": "12"},
    "variables": None,
    "quotas": None,
    "order_seed": 3_735_928_559,
    "nps": 9,
    "csat": None,
    "ces": None,
    "started_at": ANSWERED,
    "updated_at": ANSWERED,
    "finished_at": ANSWERED,
}
RESPONSE_PAGE = {"items": [RESPONSE], "next_cursor": None}

NPS = {"value": 42.0, "low": 35.1, "high": 48.3, "n": 312}
RESULTS = {
    "survey_id": SURVEY_ID,
    "zone": "Europe/Berlin",
    "period": "month",
    "responses": 312,
    "screened": 4,
    "trend": [{"start": "2026-03-01", "responses": 312}],
    "headlines": {"nps": "q_score", "csat": None, "ces": None},
    "questions": [
        {
            "id": "q_score",
            "code": "recommend",
            "type": "nps",
            "text": {"en": "How likely are you to recommend us to a friend?"},
            "asked_now": True,
            "answered": 312,
            "score": NPS,
            "camps": {"promoters": 181, "passives": 81, "detractors": 50},
            "counts": [
                {
                    "code": "10",
                    "text": {},
                    "count": 97,
                    "share": {"value": 31.1, "low": 26.2, "high": 36.4, "n": 312},
                }
            ],
            "spread": None,
            "parts": [],
            "trend": [{"start": "2026-03-01", "score": NPS, "change": None}],
        }
    ],
}
