"""A survey as large businesses ask it: forty questions in two languages, with logic, sums and quotas."""

from typing import Any

from surveys import publishing, surveys
from surveys.models import Survey
from tests.bench.seed import Seeded, survey_named

QUESTIONS, BLOCKS = 40, 8
PLACES = 1_000_000
"""So many that nobody is turned away while answers are measured."""


def words(said: str) -> dict[str, str]:
    return {"en": said, "de": f"{said} (auf Deutsch)"}


def on(name: str, operator: str, value: object) -> dict[str, Any]:
    right = {"type": "constant", "value": value}
    return {"left": {"type": "question", "id": f"q_{name}"}, "operator": operator, "right": right}


def document(places: int = PLACES) -> dict[str, Any]:
    """Eight pages of five questions: scores, choices, a table, a number, and what is asked of some only."""
    blocks = [
        {"id": f"b_page{block}", "title": words(f"Part {block + 1}"), "questions": _page(block)}
        for block in range(BLOCKS)
    ]
    scores = [{"add": {"type": "question", "id": f"q_p{block}a0"}} for block in range(1, BLOCKS)]
    return {
        "format": 1,
        "default_language": "en",
        "languages": ["en", "de"],
        "title": words("How do you like working with us?"),
        "blocks": blocks,
        "variables": [{"id": "v_total", "code": "total", "terms": scores}],
        "endings": [
            {"id": "e_full", "text": words("We have heard enough people like you. Thank you.")},
            {"id": "e_none", "text": words("This survey is for customers. Thank you."), "counts": False},
        ],
        "quotas": [
            {"id": "u_all0", "name": "Everybody", "limit": places, "ending": "e_full"},
            {
                "id": "u_news",
                "name": "New customers",
                "limit": places,
                "ending": "e_full",
                "when": on("who0", "equals", "new"),
            },
        ],
    }


def _page(block: int) -> list[dict[str, Any]]:
    if block == 0:
        first = _choice("who0", "Are you a customer of ours?", "new", "regular", "none")
        first["jumps"] = [{"to": "e_none", "when": on("who0", "equals", "none")}]
        return [first, *_others(0)]
    first = {"id": f"q_p{block}a0", "code": f"p{block}a0", "type": "nps" if block == 1 else "rating"}
    asked = words(f"How satisfied are you with what we do for you in part {block + 1}, all in all?")
    return [{**first, "text": asked}, *_others(block)]


def _others(block: int) -> list[dict[str, Any]]:
    several = _choice(f"p{block}b0", "Which of these have you used in the last three months?", *"abcdef")
    why = _asked(f"p{block}d0", "long_text", "What could we do better here?")
    if block:
        why["show_if"] = on(f"p{block}a0", "at_most", 2)
    return [
        {**several, "type": "multiple_choice"},
        _choice(f"p{block}c0", "Which matters most to you?", "price", "quality", "speed", "people"),
        why,
        _last(block),
    ]


def _last(block: int) -> dict[str, Any]:
    """A table, or a number."""
    if block % 2:
        return {**_asked(f"p{block}e0", "number", "How many orders did you place?"), "lowest": 0, "decimals": 1}
    rows = [
        {"id": f"o_t{block}r{n}", "code": f"r{n}", "text": words(said)}
        for n, said in enumerate(("Our delivery", "Our invoices", "Our people on the phone"))
    ]
    return {**_asked(f"p{block}e0", "matrix_rating", "How do you rate each of these?"), "rows": rows, "points": 5}


def _asked(name: str, kind: str, said: str) -> dict[str, Any]:
    return {"id": f"q_{name}", "code": name, "type": kind, "text": words(said)}


def _choice(name: str, said: str, *codes: str) -> dict[str, Any]:
    options = [
        {"id": f"o_{name}{n}", "code": code, "text": words(f"Answer {code}")} for n, code in enumerate(codes)
    ]
    return {**_asked(name, "single_choice", said), "options": options}


def published(session: Any, tenant: Any, name: str, places: int = PLACES) -> Seeded:
    """The survey of that name, made and published where it is missing."""
    survey: Survey | None = survey_named(session, name)
    if survey is None:
        survey = surveys.create_from_document(session, name, document(places), zone="Europe/Vienna")
    if survey.live_version_id is None:
        publishing.publish(session, survey)
    if survey.live_version_id is None:
        raise RuntimeError("a published survey has a live version")
    return Seeded(tenant, survey.id, survey.live_version_id, survey.address)
