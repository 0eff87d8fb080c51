"""Purposes, topics and contact rules, for programs."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from customers import contact_rules, purposes, topics
from customers.purposes import CHANNELS, CHOSEN, PURPOSES
from infra.i18n import N_
from web.schemas.api.base import (
    NOT_OBJECT,
    WORDS,
    Answer,
    Body,
    Cursors,
    flag,
    identifier,
    language,
    line,
    moment,
    one_of,
    page_of,
    truth,
    whole,
)
from web.schemas.api.consents import said
from web.schemas.api.customers import NOTHING_TO_CHANGE

CODES = tuple(purpose.code for purpose in CHOSEN)
TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
BAD_TIME = N_("Write a time such as 21:00.")
MOST_LANGUAGES = 60


class PurposeQuery(Cursors):
    """A page of purposes."""

    language = language("The language of names and wordings.", load_default="en")


class Purpose(Answer):
    """What people are written to for. There is the same table for everybody; `rules` are yours."""

    code = one_of("Names it.", *PURPOSES, required=True)
    kind = one_of("What it needs by law.", *purposes.KINDS, required=True)
    name = said("In the language that was asked for.", required=True)
    wording = said("What people agree to; empty where nobody is asked.", required=True)
    needs_consent = truth("Whether consent comes before the first message.", required=True)
    confirmed = truth("Whether consent is confirmed by a mailed link.", required=True)
    from_age = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Below this age a guardian confirms."}
    )


PurposePage = page_of(Purpose, "PurposePage")


def _names(**options: Any) -> fields.Dict:
    return fields.Dict(
        keys=language("A language."),
        values=line("The name in it.", topics.LONGEST_NAME),
        validate=validate.Length(1, MOST_LANGUAGES),
        error_messages={**WORDS, "invalid": NOT_OBJECT},
        metadata={"description": "The name by language."},
        **options,
    )


class TopicQuery(Cursors):
    """Which topics to list."""

    archived = flag("`true` lists archived ones too.", load_default=False)


class NewTopic(Body):
    """What people can choose within a purpose."""

    code = line("Names it for programs; it stays for ever.", 40, pattern="^[a-z][a-z0-9_]{0,39}$", required=True)
    purpose = one_of("The purpose that it is a part of.", *CODES, required=True)
    names = _names(required=True)


class TopicChange(Body):
    """What to change; what is left out stays."""

    names = _names()
    archived = truth("`true`: nobody is asked about it or written to for it any more.")

    @validates_schema
    def check_something(self, data: dict[str, Any], **options: Any) -> None:
        if not data:
            raise ValidationError(NOTHING_TO_CHANGE)


class Topic(Answer):
    """A topic of a purpose."""

    id = identifier("Its id.", required=True)
    code = said("Names it in consents and messages.", required=True)
    purpose = one_of("The purpose that it is a part of.", *CODES, required=True)
    names = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "The name by language."},
    )
    created_at = moment("When it was made.", required=True)
    archived_at = moment("Since when it is out of use.", required=True, allow_none=True)


TopicPage = page_of(Topic, "TopicPage")


def _time(description: str) -> fields.String:
    return fields.String(
        required=True,
        allow_none=True,
        validate=validate.Regexp(TIME, error=BAD_TIME),
        error_messages={**WORDS, "invalid": BAD_TIME},
        metadata={"description": description},
    )


def _several(description: str, *values: str, **options: Any) -> Any:
    each = one_of(description, *values)
    return fields.List(each, required=True, metadata={"description": description}, **options)


_MOST, _DAYS = contact_rules.LARGEST_MOST, contact_rules.LARGEST_DAYS


class ContactRules(Body):
    """Everything that you have decided about writing to customers."""

    most = whole("How many messages one customer gets at most …", 1, _MOST, required=True)
    days = whole("… in any so many days.", 1, _DAYS, required=True)
    quiet_from = _time("Nobody is disturbed from this time on, where they live; null twice for no quiet hours.")
    quiet_until = _time("… until this one.")
    quiet_weekdays = fields.List(
        whole("Monday is 1.", 1, 7),
        required=True,
        validate=validate.Length(max=6, error=contact_rules.NEVER_LOUD),
        metadata={"description": "Whole days on which nobody is disturbed."},
    )
    asked_first = _several("Where consent comes before the first message though the law asks none.", *CODES)
    confirmed = _several("Where consent is confirmed by a mailed link.", *CODES)
    ages = fields.Dict(
        keys=one_of("A purpose.", *CODES),
        values=whole("An age.", 5, 21),
        required=True,
        error_messages={**WORDS, "invalid": NOT_OBJECT},
        metadata={"description": "By purpose: below which age a guardian confirms."},
    )
    channels = _several(
        "By which ways you reach people.",
        *CHANNELS,
        validate=validate.Length(min=1, error=contact_rules.NO_CHANNEL),
    )
    soft_bounces = whole("So many returned mails …", 1, _MOST, required=True)
    soft_bounce_days = whole("… in so many days end writing to an address.", 1, _DAYS, required=True)


PURPOSE = {
    "code": "news",
    "kind": "marketing",
    "name": "News and offers",
    "wording": "Acme may send me news and offers. I can withdraw this at any time.",
    "needs_consent": True,
    "confirmed": True,
    "from_age": 16,
}
PURPOSE_PAGE = {"items": [PURPOSE], "next_cursor": None}
NEW_TOPIC = {"code": "recipes", "purpose": "news", "names": {"en": "Recipes", "de": "Rezepte"}}
TOPIC = {
    "id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2c01",
    **NEW_TOPIC,
    "created_at": "2026-03-02T08:15:00+00:00",
    "archived_at": None,
}
TOPIC_PAGE = {"items": [TOPIC], "next_cursor": None}
TOPIC_CHANGE = {"names": {"en": "Recipes and menus"}}
RULES = {
    "most": 2,
    "days": 14,
    "quiet_from": "21:00",
    "quiet_until": "08:00",
    "quiet_weekdays": [7],
    "asked_first": ["survey"],
    "confirmed": ["news"],
    "ages": {"news": 16},
    "channels": ["email"],
    "soft_bounces": 5,
    "soft_bounce_days": 30,
}
