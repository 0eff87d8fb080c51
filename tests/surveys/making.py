"""Definitions and submissions for tests, as short as they can be said."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from infra.ids import unordered_id
from surveys.intake import Submission


def text(words: str) -> dict[str, str]:
    return {"en": words, "de": words + " (de)"}


def question(name: str, kind: str, **settings: Any) -> dict[str, Any]:
    """A question `q_<name>` with the code `<name>`; `options` are codes."""
    made: dict[str, Any] = {"id": f"q_{name}", "code": name, "type": kind, "text": text(name), **settings}
    if "options" in made:
        made["options"] = [
            {"id": f"o_{name}{n}", "code": c, "text": text(c)} for n, c in enumerate(made["options"])
        ]
    return made


def document(*blocks: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """A definition in English and German with the blocks `b_page0`, `b_page1`, …"""
    return {
        "format": 1,
        "default_language": "en",
        "languages": ["en", "de"],
        "blocks": [{"id": f"b_page{n}", "questions": questions} for n, questions in enumerate(blocks)],
        **fields,
    }


def on(name: str, operator: str, *value: Any) -> dict[str, Any]:
    """A condition on the answer to `q_<name>`."""
    made: dict[str, Any] = {"left": {"type": "question", "id": f"q_{name}"}, "operator": operator}
    return made | ({"right": {"type": "constant", "value": value[0]}} if value else {})


def everything(**fields: Any) -> dict[str, Any]:
    """Every type of question; `why` is asked of detractors only, and `best` jumps to the end on `price`."""
    return document(
        [
            question("score", "nps", required=True),
            question("whyy", "long_text", required=True, show_if=on("score", "at_most", 6)),
            question("happy", "csat"),
            question("easy", "ces"),
        ],
        [
            question("stars", "rating", points=5, look="star"),
            question(
                "best",
                "single_choice",
                options=["price", "taste"],
                other=text("else"),
                jumps=[{"to": "end", "when": on("best", "equals", "price")}],
            ),
            question("seen", "multiple_choice", options=["shop", "web", "fair"], other=text("else"), max_choices=3),
        ],
        [
            question("note", "statement"),
            question("name", "short_text", max_length=20),
            question("okay", "consent"),
        ],
        **fields,
    )


def submission(
    answers: Mapping[str, Any] | None = None, *, key: UUID | None = None, revision: int = 1, **fields: Any
) -> Submission:
    """A submission of answers by short name: `submission({"score": 9})`."""
    by_id = {f"q_{name}": value for name, value in (answers or {"score": 9}).items()}
    settings = {"language": "en", **fields}
    return Submission(key=key or unordered_id(), revision=revision, answers=by_id, **settings)
