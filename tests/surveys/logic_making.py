"""A survey with every part that logic knows, as short as it can be said."""

from typing import Any

from tests.surveys.making import document, on, question, text


def variable(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"v_{name}", "code": name, **fields}


def add(name: str, **fields: Any) -> dict[str, Any]:
    """A term that adds an answer."""
    return {"add": {"type": "question", "id": f"q_{name}"}, **fields}


def of_variable(name: str, operator: str, value: object) -> dict[str, Any]:
    right = {"type": "constant", "value": value}
    return {"left": {"type": "variable", "id": f"v_{name}"}, "operator": operator, "right": right}


def of_hidden(code: str, operator: str, *value: object) -> dict[str, Any]:
    made: dict[str, Any] = {"left": {"type": "hidden", "code": code}, "operator": operator}
    return made | ({"right": {"type": "constant", "value": value[0]}} if value else {})


def spoken(name: str, kind: str, words: str, **fields: Any) -> dict[str, Any]:
    """A question with words of its own, the same in both languages."""
    return {**question(name, kind, **fields), "text": {"en": words, "de": words}}


def whole(**fields: Any) -> dict[str, Any]:
    """Screening, a sum of points, hidden fields, quotas, piping and a changing order; it may be published."""
    age = question("age0", "single_choice", options=["young", "grown"], jumps=[])
    age["jumps"] = [{"to": "e_young", "when": on("age0", "equals", "young")}]
    taste = question("taste", "single_choice", options=["good", "bad"], shuffle=True)
    taste["options"][0]["points"] = 2
    taste["options"][1] |= {"points": -1.5, "fixed": True}
    return document(
        [age, spoken("name", "short_text", "Who are you?", require_if=of_hidden("plan", "equals", "gold"))],
        [spoken("score", "nps", "{{q_name|Friend}}, how likely?"), taste],
        [question("again", "csat")],
        [spoken("whyy", "long_text", "You gave {{v_points}}. Why?", show_if=of_variable("points", "at_most", 4))],
        **{
            "endings": [
                {"id": "e_young", "text": text("Thank you, {{q_name|friend}}"), "counts": False},
                {
                    "id": "e_full0",
                    "title": text("Full"),
                    "text": text("Enough"),
                    "button": text("On"),
                    "url": "https://example.org/?plan={{hidden.plan}}",
                },
            ],
            "variables": [
                variable("points", start=1, terms=[add("taste"), add("score", times=0.5)]),
                variable("bonus", terms=[{"add": {"type": "variable", "id": "v_points"}}]),
            ],
            "hidden": [{"code": "plan", "values": ["gold", "basic"]}, {"code": "spent", "type": "number"}],
            "quotas": [
                {
                    "id": "u_grown",
                    "name": "Grown-ups",
                    "limit": 50,
                    "when": on("age0", "equals", "grown"),
                    "ending": "e_full0",
                }
            ],
            "shuffle": [["b_page1", "b_page2"]],
            **fields,
        },
    )
