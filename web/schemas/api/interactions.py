"""Contacts and timelines as programs send and get them. The domain says what a text may hold."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from customers import interactions
from customers.inbound_files import RISKS
from customers.models.interactions import CHANNELS, DIRECTIONS
from customers.models.interactions import SOURCES as CAME_BY
from infra.mail.inbound.authentication import RESULTS
from web.schemas.api.base import (
    NOT_TEXT,
    WORDS,
    WRONG_LENGTH,
    Answer,
    Body,
    Cursors,
    identifier,
    line,
    moment,
    one_of,
    page_of,
    truth,
    whole,
)
from web.schemas.api.customers import NOTHING_TO_CHANGE

MOST_MESSAGES = 5_000
LONGEST_KEY = 200
LONGEST_WHO = 200
LONGEST_KIND = 40
LONGEST_NAME = 150


def words(description: str, longest: int, *, shortest: int = 0, **options: Any) -> fields.String:
    """A text of several lines."""
    return fields.String(
        validate=validate.Length(shortest, longest, error=WRONG_LENGTH),
        error_messages={**WORDS, "invalid": NOT_TEXT, "invalid_utf8": NOT_TEXT},
        metadata={"description": description},
        **options,
    )


class Message(Body):
    """A line of a chat."""

    who = line("Who says it.", LONGEST_WHO, required=True)
    at = moment("When, if known.", load_default=None, allow_none=True)
    text = words("The words.", interactions.LARGEST_TRANSCRIPT, required=True)


class _Said(Body):
    channel = one_of("By which way.", *CHANNELS)
    direction = one_of("`in` from the customer, `out` to them.", *DIRECTIONS)
    at = moment("When it took place; now, when left out. Never in the future.")
    subject = line("Of a letter or mail.", interactions.LONGEST["subject"], shortest=0, allow_none=True)
    summary = words("What it was about.", interactions.LONGEST["summary"], shortest=1)


class NewInteraction(_Said):
    """A contact to log. All messages together may have 200 kB."""

    channel = one_of("By which way.", *CHANNELS, required=True)
    direction = one_of("`in` from the customer, `out` to them.", *DIRECTIONS, required=True)
    summary = words("What it was about.", interactions.LONGEST["summary"], shortest=1, required=True)
    messages = fields.List(
        fields.Nested(Message),
        load_default=list,
        validate=validate.Length(max=MOST_MESSAGES, error=WRONG_LENGTH),
        error_messages={**WORDS, "invalid": NOT_TEXT},
        metadata={"description": "The lines of a chat, in their order."},
    )
    key = line("Your id of it: the same id is the same contact for ever.", LONGEST_KEY)


class FileName(Body):
    """What a file is called."""

    name = line("Its name, with its end, such as `offer.pdf`.", LONGEST_NAME, load_default="file")


class InteractionChange(_Said):
    """What to change; what is left out stays. Only what your key logged within the last day."""

    @validates_schema
    def check_something(self, data: dict[str, Any], **options: Any) -> None:
        if not data:
            raise ValidationError(NOTHING_TO_CHANGE)


class SaidMessage(Answer):
    """A line of a chat."""

    who = fields.String(required=True, metadata={"description": "Who says it."})
    at = fields.String(required=True, allow_none=True, metadata={"description": "When; null if unknown."})
    text = fields.String(required=True, metadata={"description": "The words."})


class File(Answer):
    """A file that came with it, fetched by its place."""

    name = fields.String(required=True, allow_none=True, metadata={"description": "What the sender calls it."})
    bytes = whole("Its size.", 0, 2**40, required=True, allow_none=True)
    risk = one_of(
        "Why it may harm who opens it; empty where nothing is to be seen. `program`; `macros` in a document;"
        " `archive`: what is damaged, holds archives or files that nobody looked at, or unfolds beyond measure;"
        " `page`: a web page; `unknown` kind.",
        *RISKS,
        required=True,
        allow_none=True,
    )


class Interaction(Answer):
    """A contact with a customer."""

    id = identifier("Its id.", required=True)
    person_id = identifier("With whom, as it was then.", required=True, allow_none=True)
    company_id = identifier("Their company at that time.", required=True, allow_none=True)
    channel = one_of("By which way.", *CHANNELS, required=True)
    direction = one_of("`in` from the customer, `out` to them.", *DIRECTIONS, required=True)
    at = moment("When it took place.", required=True)
    subject = fields.String(required=True, allow_none=True, metadata={"description": "Of a letter or mail."})
    summary = fields.String(required=True, metadata={"description": "What it was about."})
    body = fields.String(required=True, allow_none=True, metadata={"description": "The words of a mail."})
    messages = fields.List(
        fields.Nested(SaidMessage), required=True, metadata={"description": "The lines of a chat."}
    )
    files = fields.List(fields.Nested(File), required=True, metadata={"description": "What came with it."})
    staff_id = identifier("Who of us took part.", required=True, allow_none=True)
    source = one_of("How it came to be here.", *CAME_BY, required=True)
    automatic = truth("Whether a machine answered, such as an out-of-office note.", required=True)
    authentication = one_of(
        "Of a mail that came in: whether it comes from whom it says.", *RESULTS, required=True, allow_none=True
    )
    created_at = moment("When it was logged.", required=True)
    updated_at = moment("When it was changed last.", required=True)


InteractionPage = page_of(Interaction, "InteractionPage")


class TimelineQuery(Cursors):
    """What of a timeline to list."""

    kind = line("Only entries of this sort, such as `interaction` or `task`.", LONGEST_KIND, pattern="^[a-z_]+$")
    channel = line("Only by this way, such as `call`.", LONGEST_KIND, pattern="^[a-z_]+$")
    direction = one_of("Only in this direction.", *DIRECTIONS)
    staff_id = identifier("Only what this colleague took part in.")


class Entry(Answer):
    """Something that happened. New kinds may come; pass over what you do not know."""

    id = identifier("The thing.", required=True)
    kind = fields.String(required=True, metadata={"description": "What it is: `interaction`, `task`, …"})
    at = moment("When it happened.", required=True)
    person_id = identifier("With whom, as it was then.", required=True, allow_none=True)
    data = fields.Dict(required=True, metadata={"description": "What is known of it, by its kind."})


TimelinePage = page_of(Entry, "TimelinePage")
