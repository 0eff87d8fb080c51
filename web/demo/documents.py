"""What Acme asks. Ids are fixed, so that every run writes the same documents."""

from typing import Any

from surveys.library.writing import (
    AGREE,
    LANGUAGES,
    LIKELY,
    LISTS,
    OTHER,
    SATISFIED,
    THANKS,
    ask,
    both,
    labelled,
    when,
)

Document = dict[str, Any]


def question(code: str, kind: str, english: str, german: str, **settings: Any) -> dict[str, Any]:
    """A question whose id is its code; options and rows are (code, English, German)."""
    made = {"id": f"q_{code}", **ask(code, kind, english, german, **settings)}
    for name in LISTS & made.keys():
        made[name] = [{"id": f"o_{code}{o['code']}"[:18], **o} for o in made[name]]
    return made


def shown(code: str, operator: str, value: int | str | list[str]) -> dict[str, Any]:
    """Shown only when the answer to that question compares like this."""
    return when(f"q_{code}", operator, value)


def jump(to: str, code: str, value: str) -> dict[str, Any]:
    """Goes on with the block when that was answered."""
    return {"to": to, "when": shown(code, "equals", value)["show_if"]}


def document(title: dict[str, str], *blocks: dict[str, Any]) -> Document:
    """A definition in English and German."""
    return {
        "format": 1,
        "default_language": "en",
        "languages": list(LANGUAGES),
        "title": title,
        "thanks": THANKS,
        "blocks": list(blocks),
    }


def page(name: str, *questions: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """One page of questions."""
    return {"id": f"b_{name}", "questions": list(questions), **settings}


RELATIONSHIP = document(
    both("Would you recommend Acme?", "Würden Sie Acme weiterempfehlen?"),
    page(
        "score",
        question(
            "recommend",
            "nps",
            "How likely are you to recommend Acme Coffee Roasters to a friend or colleague?",
            "Wie wahrscheinlich ist es, dass Sie Acme Coffee Roasters Freunden oder Kollegen empfehlen?",
            required=True,
            **LIKELY,
        ),
        question(
            "reason",
            "long_text",
            "What is the most important reason for your answer?",
            "Was ist der wichtigste Grund für Ihre Antwort?",
        ),
    ),
    page(
        "more",
        question(
            "where",
            "single_choice",
            "Where do you usually buy from us?",
            "Wo kaufen Sie meistens bei uns ein?",
            options=[
                ("cafe", "In a café", "Im Café"),
                ("shop", "In the web shop", "Im Onlineshop"),
                ("both", "Both", "Beides"),
            ],
            required=True,
        ),
        question(
            "improve",
            "long_text",
            "What should we change first?",
            "Was sollten wir zuerst ändern?",
            **shown("recommend", "at_most", 6),
        ),
        question(
            "quote",
            "consent",
            "You may quote my answer without my name.",
            "Sie dürfen meine Antwort ohne meinen Namen zitieren.",
            **shown("recommend", "at_least", 9),
        ),
    ),
)

VISIT = document(
    both("Your visit to our café", "Ihr Besuch in unserem Café"),
    page(
        "visit",
        question(
            "cafe",
            "single_choice",
            "Which café did you visit?",
            "In welchem Café waren Sie?",
            options=[
                ("berlin", "Berlin, Kreuzberg", "Berlin-Kreuzberg"),
                ("hamburg", "Hamburg, Ottensen", "Hamburg-Ottensen"),
                ("dublin", "Dublin, Smithfield", "Dublin, Smithfield"),
            ],
            required=True,
        ),
        question(
            "satisfied",
            "csat",
            "How satisfied are you with your visit today?",
            "Wie zufrieden sind Sie mit Ihrem heutigen Besuch?",
            required=True,
            **SATISFIED,
        ),
        question(
            "aspects",
            "multiple_choice",
            "What stood out, good or bad? Choose up to three.",
            "Was ist Ihnen aufgefallen, gut oder schlecht? Wählen Sie bis zu drei.",
            options=[
                ("coffee", "The coffee", "Der Kaffee"),
                ("people", "The people", "Die Menschen"),
                ("speed", "The speed", "Die Schnelligkeit"),
                ("place", "The place", "Der Ort"),
                ("price", "The price", "Der Preis"),
            ],
            other=OTHER,
            max_choices=3,
        ),
    ),
    page(
        "words",
        question(
            "wrong",
            "long_text",
            "What went wrong, and what would have made it right?",
            "Was ist schiefgelaufen, und was hätte geholfen?",
            **shown("satisfied", "at_most", 2),
        ),
        question("comment", "long_text", "Anything else?", "Möchten Sie noch etwas sagen?"),
    ),
)

ORDERING = document(
    both("Ordering in our web shop", "Bestellen in unserem Onlineshop"),
    page(
        "effort",
        question(
            "easy",
            "ces",
            "Acme made it easy for me to get my coffee from the web shop.",
            "Acme hat es mir leicht gemacht, meinen Kaffee aus dem Onlineshop zu bekommen.",
            required=True,
            **AGREE,
        ),
        question(
            "found",
            "single_choice",
            "Did you find what you were looking for?",
            "Haben Sie gefunden, was Sie gesucht haben?",
            options=[("yes", "Yes", "Ja"), ("partly", "Partly", "Teilweise"), ("no", "No", "Nein")],
        ),
        question(
            "hard",
            "long_text",
            "What made it harder than it should be?",
            "Was hat es unnötig schwer gemacht?",
            **shown("easy", "at_most", 4),
        ),
        question("praise", "long_text", "What did we do well?", "Was war gut?", **shown("easy", "at_least", 5)),
    ),
)

PARCEL = question(
    "parcel",
    "single_choice",
    "How did your last parcel arrive?",
    "Wie kam Ihr letztes Paket an?",
    options=[
        ("fine", "On time and whole", "Pünktlich und heil"),
        ("late", "Late", "Zu spät"),
        ("damaged", "Damaged", "Beschädigt"),
        ("notyet", "Not yet", "Noch gar nicht"),
    ],
)
"""Asked since the corrective action, to see whether it works."""

ORDERING_2: Document = {
    **ORDERING,
    "blocks": [*ORDERING["blocks"], page("parcel", PARCEL)],
}

CHECKOUT = document(
    both("Our new checkout", "Unsere neue Kasse"),
    page(
        "checkout",
        question(
            "clear",
            "rating",
            "How clear was paying to you?",
            "Wie verständlich war das Bezahlen für Sie?",
            required=True,
            points=5,
            look="number",
            **labelled(("Confusing", "Verwirrend"), ("Very clear", "Sehr verständlich")),
        ),
        question(
            "paid",
            "single_choice",
            "How did you pay?",
            "Wie haben Sie bezahlt?",
            options=[
                ("card", "By card", "Mit Karte"),
                ("paypal", "With PayPal", "Mit PayPal"),
                ("debit", "By direct debit", "Per Lastschrift"),
            ],
        ),
        question("missing", "short_text", "What did you miss?", "Was hat Ihnen gefehlt?"),
    ),
)


def _with_transfer(first: Document) -> Document:
    """The second version: a new way to pay, and a simpler question."""
    clear, paid, missing = first["blocks"][0]["questions"]
    transfer = {"id": "o_paidtransfer", "code": "transfer", "text": both("By bank transfer", "Per Überweisung")}
    easier = {**clear, "text": both("How easy was paying?", "Wie einfach war das Bezahlen?")}
    questions = [easier, {**paid, "options": [*paid["options"], transfer]}, missing]
    return {**first, "blocks": [{**first["blocks"][0], "questions": questions}]}


CHECKOUT_2 = _with_transfer(CHECKOUT)
