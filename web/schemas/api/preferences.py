"""What customers wish of messages, for programs."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from customers.preferences import EVERY_DAYS, MONTHS
from customers.purposes import CHANNELS, CHOSEN
from infra.i18n import N_
from web.schemas.api.base import (
    NOT_LISTED,
    NOT_OBJECT,
    WORDS,
    Answer,
    Body,
    identifier,
    language,
    line,
    moment,
    one_of,
    truth,
    whole,
)
from web.schemas.api.consents import LONGEST
from web.schemas.api.customers import NOTHING_TO_CHANGE

MOST_LINES = 200
ALL_OR_SOME = N_("Turn everything off, or say what is wanted; not both at once.")
CODE = r"^[a-z0-9_]+(\.[a-z0-9_]+)?$"


def _listed(description: str, *values: int, **options: Any) -> fields.Integer:
    return fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.OneOf(values, error=NOT_LISTED),
        error_messages={**WORDS, "invalid": NOT_LISTED},
        metadata={"description": description},
        **options,
    )


class PreferenceProof(Body):
    """How you know what they wish; each change of consent keeps it. Without a wording yours stands for itself."""

    text_version = line("How your system names the wording they saw.", LONGEST, shortest=0, load_default="")
    text = line("The wording itself; its SHA-256 is stored.", 2_000, shortest=0, load_default="")
    language = language("The language of the wording.", load_default="en")
    how = line("Where your system keeps the proof.", LONGEST, shortest=0, load_default="")
    network = line("The network address it came from; stored encrypted.", 64, load_default=None)
    birth_year = whole("Where you have set an age: the year of birth.", 1900, 2100, load_default=None)
    guardian_email = line("Of a child: where a parent or guardian confirms.", 254, shortest=0, load_default="")


class PreferencesChange(Body):
    """What they wish now; what is left out stays as it is."""

    wanted = fields.Dict(
        keys=line("The code of a line.", 90, pattern=CODE),
        values=fields.List(one_of("A channel.", *CHANNELS), validate=validate.Length(max=len(CHANNELS))),
        validate=validate.Length(1, MOST_LINES),
        error_messages={**WORDS, "invalid": NOT_OBJECT},
        metadata={
            "description": "By the code of a line: on which channels they want it. An empty list turns it off."
            " Whole purposes are turned before their topics."
        },
    )
    every_days = _listed("At most one message in so many days; null ends the wish.", *EVERY_DAYS)
    pause_months = _listed("No messages for so many months from now; null ends a pause.", *MONTHS)
    all_off = truth("`true` turns everything off, and mail to the address with it.")
    proof = fields.Nested(PreferenceProof, metadata={"description": "How you know. Needed to turn something on."})

    @validates_schema
    def check_something(self, data: dict[str, Any], **options: Any) -> None:
        if not data.keys() - {"proof"}:
            raise ValidationError(NOTHING_TO_CHANGE)
        if data.get("all_off") and data.keys() - {"proof", "all_off"}:
            raise ValidationError(ALL_OR_SOME, "all_off")


class PreferenceChannel(Answer):
    """A line by one channel."""

    channel = one_of("By which way.", *CHANNELS, required=True)
    state = one_of("What they said.", "given", "pending", "withdrawn", "none", required=True)
    allowed = truth("Whether they are written to for it.", required=True)


class PreferenceLine(Answer):
    """A purpose, or a topic within one."""

    code = line("Names it in `wanted`.", 90, pattern=CODE, required=True)
    purpose = one_of("What it is for.", *(purpose.code for purpose in CHOSEN), required=True)
    topic = fields.String(required=True, metadata={"description": "Empty for the whole purpose."})
    channels = fields.List(fields.Nested(PreferenceChannel), required=True)


class Preferences(Answer):
    """What counts for a customer now."""

    id = identifier("The customer, by the id that stays.", required=True)
    lines = fields.List(fields.Nested(PreferenceLine), required=True)
    every_days = fields.Integer(
        required=True, allow_none=True, metadata={"description": "At most one message in so many days."}
    )
    paused_until = moment("Until when they want none.", required=True, allow_none=True)
    all_off = truth("Whether nothing is on.", required=True)
    language = fields.String(
        required=True, allow_none=True, metadata={"description": "Changed as any other field of the customer."}
    )


CHANGE = {
    "wanted": {"news": ["email"], "news.recipes": []},
    "every_days": 30,
    "proof": {"text_version": "shop-2026-1", "how": "account page, change 4711"},
}
PREFERENCES = {
    "id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44",
    "lines": [
        {
            "code": "news",
            "purpose": "news",
            "topic": "",
            "channels": [{"channel": "email", "state": "given", "allowed": True}],
        },
        {
            "code": "news.recipes",
            "purpose": "news",
            "topic": "recipes",
            "channels": [{"channel": "email", "state": "withdrawn", "allowed": False}],
        },
    ],
    "every_days": 30,
    "paused_until": None,
    "all_off": False,
    "language": "en",
}
