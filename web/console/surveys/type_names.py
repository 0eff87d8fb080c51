"""What the builder calls types of questions and the parts that they can have."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.i18n import N_
from surveys.definition import CHOICES, RATING_POINTS, SCORES, TEXTS
from surveys.definition.kinds.contact import PART_NAMES

TYPE_NAMES: dict[str, str] = {
    "nps": N_("NPS: would you recommend us, 0 to 10"),
    "csat": N_("CSAT: how satisfied are you, 1 to 5"),
    "ces": N_("CES: how easy was it, 1 to 7"),
    "rating": N_("Rating"),
    "single_choice": N_("One choice"),
    "multiple_choice": N_("Several choices"),
    "picture_choice": N_("Pictures to choose from"),
    "short_text": N_("Short text"),
    "long_text": N_("Long text"),
    "number": N_("Number"),
    "slider": N_("Slider"),
    "ranking": N_("Ranking"),
    "sum": N_("Points that add up to a total"),
    "matrix_single": N_("Table: one choice in each row"),
    "matrix_multiple": N_("Table: several choices in each row"),
    "matrix_rating": N_("Table: a rating in each row"),
    "date": N_("Date"),
    "time": N_("Time"),
    "date_time": N_("Date and time"),
    "email": N_("E-mail address"),
    "phone": N_("Phone number"),
    "address": N_("Postal address"),
    "file_upload": N_("Files to send along"),
    "consent": N_("Consent"),
    "statement": N_("Words without a question"),
}

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Scores"), ("nps", "csat", "ces", "rating", "slider")),
    (N_("Choices"), ("single_choice", "multiple_choice", "picture_choice", "ranking", "sum")),
    (N_("Tables"), ("matrix_single", "matrix_multiple", "matrix_rating")),
    (N_("Words"), ("short_text", "long_text")),
    (N_("Numbers and dates"), ("number", "date", "time", "date_time")),
    (N_("Contact data and files"), ("email", "phone", "address", "file_upload")),
    (N_("Further"), ("consent", "statement")),
)
"""In which order they are offered."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Families and names of question types, for the templates."""

    names: Mapping[str, str]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    scores: frozenset[str]
    choices: frozenset[str]
    texts: frozenset[str]
    points: tuple[tuple[int, str], ...]
    parts: Mapping[str, str]
    files: Mapping[str, str]


FILES = {
    "image": N_("Images"),
    "document": N_("Documents"),
    "audio": N_("Sound"),
    "video": N_("Video"),
    "archive": N_("ZIP archives"),
}
POINTS = tuple((points, str(points)) for points in RATING_POINTS)
KINDS = Kinds(TYPE_NAMES, GROUPS, SCORES, CHOICES, TEXTS, POINTS, PART_NAMES, FILES)
