"""Responses: what a program sends for a respondent, and what stands in the database."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validates, validates_schema

from infra.i18n import N_
from web.schemas.api.base import (
    OUT_OF_RANGE,
    Answer,
    Body,
    Cursors,
    day,
    identifier,
    json_object,
    language,
    moment,
    one_of,
    page_of,
    truth,
    whole,
)

LAST_BEFORE_FIRST = N_("This must not be before `from`.")
MOST_ANSWERS = 1_000
LARGEST_REVISION = 1_000_000

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Nobody began before: the first days of the calendar cannot be told in every time zone."""

ANSWERS = {
    "maxProperties": MOST_ANSWERS,
    "additionalProperties": {
        "anyOf": [
            {"type": ["number", "string", "boolean", "null"]},
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "maxProperties": 200},
        ]
    },
}
ABOUT_ANSWERS = (
    "Answers by question id: a score as number, an option as its code, several as a list of codes, text as text,"
    " a consent as true or false; moments as `2026-11-23`, `14:05` or `2026-11-23T14:05`; tables, rankings, sums"
    " and addresses as objects by the codes of their rows, options or parts. The text of a respondent's own option"
    " stands under the id followed by `.other`, the reason for an NPS under the id followed by `.reason`, what a"
    " link would bring along for a hidden field under `hidden.` and its code."
)


STATES = ("partial", "finished", "screened")
ABOUT_STATE = (
    "Whether the respondent has finished. `screened`: they came to an end and do not count, for an ending said so"
    " or a quota was full."
)
ABOUT_ENDING = "The id of the ending that they came to; null for the usual one."


class NewResponse(Body):
    """One respondent's answers. The server walks the survey with them: answers off the path are dropped."""

    answers = json_object(ABOUT_ANSWERS, ANSWERS, required=True)
    language = language("The language that was answered in. The survey's own when left out.")
    finished = truth("False saves a part: nothing is required then.", load_default=True)
    version = whole("The number of the version that was answered. The live one when left out.", 1, 2_000_000_000)
    submission_key = identifier(
        "Names the submission, so that it is stored once however often it is sent. Send it again with a higher"
        " `revision` to correct it. Made from the Idempotency-Key when left out."
    )
    revision = whole("1 for the first sending, higher for each correction.", 1, LARGEST_REVISION, load_default=1)
    started_at = moment("When the respondent began, in the year 2000 or later.")

    @validates("started_at")
    def check_start(self, value: datetime, **options: Any) -> None:
        """Raises ValidationError for a moment that is no respondent's."""
        if value < EARLIEST:
            raise ValidationError(OUT_OF_RANGE)


class Receipt(Answer):
    """What became of a submission; the answers are read with the scope for it."""

    id = identifier("The response.", required=True)
    survey_id = identifier("The survey.", required=True)
    version_id = identifier("The version that was answered.", required=True)
    submission_key = identifier("Names the submission.", required=True)
    revision = whole("The revision that counts now.", 1, LARGEST_REVISION, required=True)
    state = one_of(ABOUT_STATE, *STATES, required=True)
    ending = fields.String(required=True, allow_none=True, metadata={"description": ABOUT_ENDING})


class ResponseQuery(Cursors):
    """Which responses to list. Days are those of the survey's time zone, both included."""

    state = one_of("Only those in this state.", *STATES)
    language = language("Only those answered in this language.")
    first_day = day("Only those of this day or later.", data_key="from")
    last_day = day("Only those of this day or earlier.", data_key="to")

    @validates_schema
    def check_days(self, data: dict[str, Any], **options: Any) -> None:
        check_period(data)


def check_period(data: dict[str, Any]) -> None:
    """Raises ValidationError for a period that ends before it begins."""
    first, last = data.get("first_day"), data.get("last_day")
    if first is not None and last is not None and last < first:
        raise ValidationError(LAST_BEFORE_FIRST, "to")


def score(description: str) -> fields.Integer:
    """The first score of a type."""
    return fields.Integer(required=True, allow_none=True, metadata={"description": description})


class Response(Answer):
    """One person's answers as stored: codes, never the words of an option."""

    id = identifier("Its id.", required=True)
    survey_id = identifier("The survey.", required=True)
    version_id = identifier("The version that was answered.", required=True)
    submission_key = identifier("Names the submission.", required=True)
    person_id = identifier(
        "Who answered, where we know and the survey is not anonymous.", required=True, allow_none=True
    )
    revision = whole("Higher than 1 when it was corrected.", 1, LARGEST_REVISION, required=True)
    state = one_of(ABOUT_STATE, *STATES, required=True)
    ending = fields.String(required=True, allow_none=True, metadata={"description": ABOUT_ENDING})
    source = fields.String(required=True, metadata={"description": "The way it came: `link`, `api`, and others."})
    language = fields.String(required=True, metadata={"description": "The language that was answered in."})
    answers = json_object("Codes and numbers by question id.", required=True)
    texts = json_object(
        "Free text by question id; for a choice, what was written for the respondent's own option.", required=True
    )
    hidden = json_object(
        "What the link brought along, by the code of the hidden field; null where the survey takes nothing, or is"
        " anonymous.",
        required=True,
        allow_none=True,
    )
    variables = json_object(
        "The values of the version's variables by id; null where there are none.", required=True, allow_none=True
    )
    quotas = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={
            "description": "The ids of the quotas whose places it has taken; of one that was screened out, of the"
            " quota that was full."
        },
    )
    order_seed = fields.Integer(
        required=True,
        metadata={"description": "What decided the order of whatever the survey shuffles for each respondent."},
    )
    nps = score("The first answer to a question of type `nps`, 0 to 10.")
    csat = score("The first answer to a question of type `csat`, 1 to 5.")
    ces = score("The first answer to a question of type `ces`, 1 to 7.")
    started_at = moment("When the respondent began.", required=True)
    updated_at = moment("When it was sent last.", required=True)
    finished_at = moment("When the respondent had finished.", required=True, allow_none=True)


ResponsePage = page_of(Response, "ResponsePage")
