"""The types of questions: one registry, from which the document, the answers and the figures know them."""

from collections.abc import Mapping

from customers import values
from surveys.definition.kinds.base import Kind
from surveys.definition.kinds.choices import Choice, Choices
from surveys.definition.kinds.contact import Address, Reached
from surveys.definition.kinds.files import Files
from surveys.definition.kinds.moments import Date, DateTime, Time
from surveys.definition.kinds.numbers import Number, Slider
from surveys.definition.kinds.order import Ranking, Sum
from surveys.definition.kinds.pictures import PictureChoice
from surveys.definition.kinds.plain import Consent, Statement, Words
from surveys.definition.kinds.scores import NetPromoter, Rating, Score
from surveys.definition.kinds.tables import Table

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        NetPromoter("nps"),
        Score("csat"),
        Score("ces"),
        Rating("rating"),
        Choice("single_choice"),
        Choices("multiple_choice"),
        PictureChoice("picture_choice"),
        Words("short_text"),
        Words("long_text"),
        Number("number"),
        Slider("slider"),
        Date("date"),
        Time("time"),
        DateTime("date_time"),
        Reached("email", values.email),
        Reached("phone", values.phone),
        Address("address"),
        Table("matrix_single", Choice("single_choice")),
        Table("matrix_multiple", Choices("multiple_choice")),
        Table("matrix_rating", Rating("rating")),
        Ranking("ranking"),
        Sum("sum"),
        Files("file_upload"),
        Consent("consent"),
        Statement("statement"),
    )
}

SCORES = frozenset(kind.name for kind in KINDS.values() if kind.is_score)
CHOICES = frozenset(kind.name for kind in KINDS.values() if kind.has_options)
TEXTS = frozenset(kind.name for kind in KINDS.values() if isinstance(kind, Words))

__all__ = ["CHOICES", "KINDS", "SCORES", "TEXTS", "Kind"]
