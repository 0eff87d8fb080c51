"""Results: figures with their number and interval, never alone."""

from typing import Any

from marshmallow import fields, validates_schema

from web.schemas.api.base import Answer, Query, day, identifier, language, one_of
from web.schemas.api.responses import check_period


class ResultsQuery(Query):
    """Which finished responses count. Days are those of finishing in the survey's zone, both included."""

    first_day = day("Only responses of this day or later.", data_key="from")
    last_day = day("Only responses of this day or earlier.", data_key="to")
    language = language("Only responses in this language.")
    period = one_of("The steps of the trend: ISO weeks, or months.", "week", "month", load_default="month")

    @validates_schema
    def check_days(self, data: dict[str, Any], **options: Any) -> None:
        check_period(data)


def number(description: str) -> fields.Float:
    """A figure; null where nobody answered."""
    return fields.Float(required=True, allow_none=True, metadata={"description": description})


def count(description: str) -> fields.Integer:
    """How many."""
    return fields.Integer(required=True, metadata={"description": description, "minimum": 0})


class Estimate(Answer):
    """A figure with its two-sided 95 % interval. All three are null where `n` is 0."""

    value = number("NPS points, percent, or points of the scale.")
    low = number("The lower end of the interval.")
    high = number("The upper end of the interval.")
    n = count("How many answers it rests on.")


class Difference(Answer):
    """A score minus the one of the period before, with its 95 % interval."""

    value = number("The difference in points.")
    low = number("The lower end of the interval.")
    high = number("The upper end of the interval.")
    verdict = one_of("Whether the score is different.", "yes", "no", "cannot_tell", required=True)


class Camps(Answer):
    """The three camps of an NPS question."""

    promoters = count("How many chose 9 or 10.")
    passives = count("How many chose 7 or 8.")
    detractors = count("How many chose 0 to 6.")


class Count(Answer):
    """How many chose a code."""

    code = fields.String(required=True, metadata={"description": "The option's code, or the point of a scale."})
    text = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "The option's words by language; empty for points of a scale."},
    )
    count = count("How many chose it.")
    share = fields.Nested(
        Estimate, required=True, metadata={"description": "In percent of those who answered; Wilson's interval."}
    )


class Point(Answer):
    """A score in one week or month."""

    start = fields.Date(required=True, metadata={"description": "The first day of the whole period."})
    score = fields.Nested(Estimate, required=True)
    change = fields.Nested(
        Difference,
        required=True,
        allow_none=True,
        metadata={"description": "Against the point before; for NPS only."},
    )


class Spread(Answer):
    """Where numbers and moments lie, written as they are stored: `12.5`, `2026-11-23`, `14:05`."""

    n = count("How many they are.")
    least = fields.String(required=True, metadata={"description": "The lowest or earliest."})
    low_quarter = fields.String(required=True, metadata={"description": "A quarter lies at it or below."})
    median = fields.String(required=True, metadata={"description": "Half lie at it or below."})
    high_quarter = fields.String(required=True, metadata={"description": "Three quarters lie at it or below."})
    most = fields.String(required=True, metadata={"description": "The highest or latest."})
    mean = fields.Nested(
        Estimate, required=True, allow_none=True, metadata={"description": "Of numbers, with Student's t interval."}
    )
    among = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Among how many of the newest responses, where there were more."},
    )


class Part(Answer):
    """A row of a table, or an option of a ranking or sum: figures of its own."""

    code = fields.String(required=True, metadata={"description": "The code of the row or option."})
    text = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Its newest wording by language."},
    )
    answered = count("How many answered it.")
    score = fields.Nested(
        Estimate,
        required=True,
        allow_none=True,
        metadata={"description": "The mean rating, place or number of points (Student's t); null where none is."},
    )
    counts = fields.List(fields.Nested(Count), required=True)


class QuestionResult(Answer):
    """What was answered to one question."""

    id = fields.String(required=True, metadata={"description": "The question's id."})
    code = fields.String(required=True, metadata={"description": "The question's code, as in exports."})
    type = fields.String(required=True, metadata={"description": "Its type."})
    text = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Its newest wording by language."},
    )
    asked_now = fields.Boolean(
        required=True, metadata={"description": "False when the newest version no longer asks it."}
    )
    answered = count("How many answered it.")
    score = fields.Nested(
        Estimate,
        required=True,
        allow_none=True,
        metadata={
            "description": "NPS (adjusted Wald interval), CSAT as the share of 4 and 5 in percent (Wilson), or the"
            " mean of a CES or rating question (Student's t); null for other types."
        },
    )
    camps = fields.Nested(Camps, required=True, allow_none=True)
    counts = fields.List(fields.Nested(Count), required=True)
    spread = fields.Nested(
        Spread, required=True, allow_none=True, metadata={"description": "Of numbers and moments; else null."}
    )
    parts = fields.List(
        fields.Nested(Part), required=True, metadata={"description": "Of tables, rankings and sums; else empty."}
    )
    trend = fields.List(fields.Nested(Point), required=True)


class Period(Answer):
    """How many responses came in one week or month."""

    start = fields.Date(required=True, metadata={"description": "The first day of the whole period."})
    responses = count("How many finished responses.")


class Headlines(Answer):
    """The ids of the questions whose scores stand for the survey; null where it has none of that type."""

    nps = fields.String(required=True, allow_none=True)
    csat = fields.String(required=True, allow_none=True)
    ces = fields.String(required=True, allow_none=True)


class Results(Answer):
    """The results of a survey over all its versions, exact at the moment of the request."""

    survey_id = identifier("The survey.", required=True)
    zone = fields.String(required=True, metadata={"description": "The IANA time zone of its days."})
    period = one_of("The steps of the trends.", "week", "month", required=True)
    responses = count("How many finished responses the filters leave.")
    screened = count("How many more came to an end and do not count: screened out, or a quota was full.")
    trend = fields.List(fields.Nested(Period), required=True)
    headlines = fields.Nested(Headlines, required=True)
    questions = fields.List(fields.Nested(QuestionResult), required=True)
