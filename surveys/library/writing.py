"""Short hand in which the templates are written: English and German side by side, ids counted up."""

from dataclasses import dataclass
from typing import Any

LANGUAGES = ("en", "de")
LISTS = frozenset({"options", "rows"})


def both(english: str, german: str) -> dict[str, str]:
    """A text in both languages."""
    return {"en": english, "de": german}


def ask(code: str, kind: str, english: str, german: str, **settings: Any) -> dict[str, Any]:
    """A question; `options` and `rows` are (code, English, German)."""
    made: dict[str, Any] = {"code": code, "type": kind, "text": both(english, german), **settings}
    for name in LISTS & made.keys():
        made[name] = [{"code": c, "text": both(en, de)} for c, en, de in made[name]]
    return made


def labelled(low: tuple[str, str], high: tuple[str, str]) -> dict[str, Any]:
    """What the ends of a scale mean."""
    return {"low_label": both(*low), "high_label": both(*high)}


def when(code: str, operator: str, value: int | str | list[str]) -> dict[str, Any]:
    """Shown only when the answer to an earlier question compares like this."""
    right = {"type": "constant", "value": value}
    return {"show_if": {"left": {"type": "question", "id": code}, "operator": operator, "right": right}}


OTHER = both("Something else", "Etwas anderes")
THANKS = both(
    "Thank you. Your answers have reached us, and we read every one of them.",
    "Vielen Dank. Ihre Antworten sind bei uns angekommen, und wir lesen jede einzelne.",
)
LIKELY = labelled(("Not at all likely", "Sehr unwahrscheinlich"), ("Extremely likely", "Sehr wahrscheinlich"))
WHY = {
    "reason": {
        "promoters": both("What do you like most about us?", "Was gefällt Ihnen an uns am besten?"),
        "passives": both("What would make you recommend us?", "Was müsste sein, damit Sie uns empfehlen?"),
        "detractors": both("What should we do better?", "Was sollten wir besser machen?"),
    }
}
"""Why, in words of each camp of a net promoter question."""
SATISFIED = labelled(("Very dissatisfied", "Sehr unzufrieden"), ("Very satisfied", "Sehr zufrieden"))
AGREE = labelled(("Strongly disagree", "Stimme gar nicht zu"), ("Strongly agree", "Stimme voll zu"))


@dataclass(frozen=True, slots=True)
class Draft:
    """A template as written: blocks of questions, referred to by code."""

    key: str
    name: dict[str, str]
    purpose: dict[str, str]
    title: dict[str, str]
    blocks: tuple[tuple[dict[str, Any], ...], ...]

    def document(self) -> dict[str, Any]:
        """The definition's JSON, with ids in place of codes."""
        codes = [question["code"] for block in self.blocks for question in block]
        ids = {code: f"q_{self.key[:6].replace('_', '')}{number:02d}" for number, code in enumerate(codes, 1)}
        return {
            "format": 1,
            "default_language": "en",
            "languages": list(LANGUAGES),
            "title": self.title,
            "thanks": THANKS,
            "blocks": [
                {"id": f"b_page{number:02d}", "questions": [_with_ids(question, ids) for question in block]}
                for number, block in enumerate(self.blocks, 1)
            ],
        }


def _with_ids(question: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    made = {"id": ids[question["code"]], **question}
    own = made["id"].removeprefix("q_")
    for name in LISTS & made.keys():
        mark = name[0] if name == "rows" else ""
        made[name] = [{"id": f"o_{own}{mark}{n:02d}", **option} for n, option in enumerate(made[name], 1)]
    if "show_if" in made:
        test = made["show_if"]
        made["show_if"] = {**test, "left": {"type": "question", "id": ids[test["left"]["id"]]}}
    return made
