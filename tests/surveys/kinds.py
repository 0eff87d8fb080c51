"""A survey with every further type of question, and an answer to each."""

from typing import Any

from tests.surveys.making import document, question, text


def rows(name: str, *codes: str) -> list[dict[str, Any]]:
    """Rows of a table by code."""
    return [{"id": f"o_{name}r{n}", "code": code, "text": text(code)} for n, code in enumerate(codes)]


def pictured(asked: dict[str, Any]) -> dict[str, Any]:
    """With a picture for each option."""
    for number, option in enumerate(asked["options"]):
        option["picture"] = {"file": f"{number:032x}.png", "width": 40, "height": 30, "alt": text(option["code"])}
    return asked


def further(**fields: Any) -> dict[str, Any]:
    """One of each, on four pages."""
    return document(
        [
            question("count", "number", lowest=-5, highest=2_000_000, decimals=2, unit=text("km")),
            question(
                "slide", "slider", lowest=0, highest=100, step=5, low_label=text("cold"), high_label=text("hot")
            ),
            question("date", "date", earliest="today-30", latest="today+30"),
            question("clock", "time", earliest="08:00", latest="20:00"),
            question("both", "date_time"),
        ],
        [
            question("mail", "email"),
            question("phone", "phone"),
            question("where", "address", parts=["street", "postcode", "city", "country"]),
        ],
        [
            question("single", "matrix_single", rows=rows("single", "price", "taste"), options=["good", "bad"]),
            question(
                "many", "matrix_multiple", rows=rows("many", "shop", "web"), options=["seen", "liked", "used"]
            ),
            question("rated", "matrix_rating", rows=rows("rated", "price", "taste"), points=5),
        ],
        [
            question("order", "ranking", options=["red", "green", "blue"]),
            question("split", "sum", options=["rent", "food", "fun"], total=100, unit=text("%")),
            question(
                "likely", "nps", reason={camp: text(camp) for camp in ("promoters", "passives", "detractors")}
            ),
            pictured(question("shown", "picture_choice", options=["cat", "dog"], max_choices=1)),
            question("proof", "file_upload", max_files=2, file_kinds=["image", "document"]),
        ],
        **fields,
    )


GIVEN: dict[str, Any] = {
    "count": "1.234,5",
    "slide": "35",
    "date": "2026-11-20",
    "clock": "09:30:00",
    "both": "2026-11-20 10:00",
    "mail": " ann@example.org ",
    "phone": "+49 (0)30 123 456",
    "where": {"street": "Am Hang 1", "postcode": "10115", "city": "Berlin"},
    "single": {"price": "good"},
    "many": {"web": ["used", "seen"], "shop": "liked"},
    "rated": {"price": "2", "taste": 5},
    "order": {"blue": "1", "red": "2"},
    "split": {"rent": "60", "food": "40", "fun": ""},
    "likely": "3",
    "likely.reason": " Too slow. ",
    "shown": "dog",
}
"""As a form in German sends it, apart from parts, which come under names of their own."""

STORED: dict[str, Any] = {
    "count": "1234.5",
    "slide": 35,
    "date": "2026-11-20",
    "clock": "09:30",
    "both": "2026-11-20T10:00",
    "mail": "ann@example.org",
    "phone": "+4930123456",
    "where": {"street": "Am Hang 1", "postcode": "10115", "city": "Berlin"},
    "single": {"price": "good"},
    "many": {"shop": ["liked"], "web": ["seen", "used"]},
    "rated": {"price": 2, "taste": 5},
    "order": {"blue": 1, "red": 2},
    "split": {"rent": 60, "food": 40, "fun": 0},
    "likely": "Too slow.",
    "shown": ["dog"],
}


def flat(given: dict[str, Any]) -> dict[str, Any]:
    """Under the names that a form has: `q_single.price`."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, dict):
            found.update({f"q_{name}.{part}": each for part, each in value.items()})
        else:
            found[f"q_{name}"] = value
    return found
