"""Invitations of a segment to a survey, as programs send and get them."""

from typing import Any

from marshmallow import fields, validate

from customers import writing_text
from customers.contact_facts import REASONS
from surveys.invitation_words import LONGEST
from web.schemas.api.base import (
    WRONG_LENGTH,
    Answer,
    Body,
    identifier,
    line,
    moment,
    one_of,
    page_of,
    truth,
)
from web.schemas.api.interactions import words

SURVEY_ID = "0192f0c4-11d2-7d6b-8a57-b1d9f3a7c001"
ROUND_ID = "0192f0e9-6a10-7c44-8f21-9d0e1f2a3b4c"
SEGMENT_ID = "0192f0e8-4e66-7c32-93d4-708192a3b4c5"
COUNTED = ("asked", "waiting", "sent", "perhaps", "returned", "failed", "refused", "cancelled", "answered")


def count(description: str) -> fields.Integer:
    """How many."""
    return fields.Integer(required=True, metadata={"description": description})


class InvitationWords(Body):
    """What the mail says in one language; what is empty is said in ours."""

    subject = line("One line.", writing_text.LONGEST_SUBJECT, shortest=0, load_default="")
    text = words(
        "A paragraph above the button; plain words, an empty line begins another.", LONGEST, load_default=""
    )


class NewInvitations(Body):
    """Whom to invite."""

    segment_id = identifier("The segment whose customers are meant.", required=True)
    reminder = truth(
        "Only those who were invited, have not answered and were not reminded yet. Of an anonymous survey nobody is"
        " told who has answered, so whoever has is reminded as well.",
        load_default=False,
    )
    words = fields.Dict(
        keys=fields.String(validate=validate.Length(max=20, error=WRONG_LENGTH)),
        values=fields.Nested(InvitationWords),
        load_default=dict,
        metadata={
            "description": "What the mails say in your words, by language; in a language that is left out, they say"
            " ours."
        },
    )


class InvitationCounts(Answer):
    """How the round stands now."""

    asked = count("For how many customers the rules were asked so far.")
    waiting = count("Mails that may still go out, also those of a paused round.")
    sent = count("Mails that a server took.")
    perhaps = count("Mails of which nobody knows whether a server took them.")
    returned = count("Mails that came back.")
    failed = count("Mails that a server refused.")
    refused = count("Customers whom the rules kept out.")
    cancelled = count("Mails that were taken back, or that something spoke against when they were to go out.")
    answered = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Customers who have answered since; null of an anonymous survey."},
    )


class Invitations(Answer):
    """A round of invitations."""

    id = identifier("Its id.", required=True)
    survey_id = identifier("The survey.", required=True)
    segment_id = identifier("The segment.", required=True)
    segment_name = fields.String(required=True, metadata={"description": "What the segment was called then."})
    reminder = truth("Whether it is a reminder.", required=True)
    words = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(InvitationWords),
        required=True,
        metadata={"description": "What the mails say in your words, by language."},
    )
    state = one_of(
        "`asking` until the rules were asked for all, `stopped` when that failed, `sending` while mails wait.",
        "asking",
        "stopped",
        "sending",
        "paused",
        "cancelled",
        "done",
        required=True,
    )
    counts = fields.Nested(InvitationCounts, required=True)
    reasons = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={
            "description": f"Why customers got none, and how many: {', '.join(f'`{each}`' for each in REASONS)}."
        },
    )
    created_at = moment("When it was asked for.", required=True)
    asked_at = moment(
        "When the rules had been asked for everybody; null until then.", required=True, allow_none=True
    )


InvitationsPage = page_of(Invitations, "InvitationsPage")

SAID = {"en": {"subject": "How is your new kettle?", "text": "You have had it for a month."}}
NEW: dict[str, Any] = {"segment_id": SEGMENT_ID, "reminder": False, "words": SAID}
EXAMPLE: dict[str, Any] = {
    "id": ROUND_ID,
    "survey_id": SURVEY_ID,
    "segment_id": SEGMENT_ID,
    "segment_name": "Promoters we have not spoken with",
    "reminder": False,
    "words": SAID,
    "state": "sending",
    "counts": dict(zip(COUNTED, (412, 120, 240, 0, 2, 1, 48, 1, 35), strict=True)),
    "reasons": {"budget": 30, "withdrawn": 18, "paused": 1},
    "created_at": "2026-03-02T08:15:00+00:00",
    "asked_at": "2026-03-02T08:15:04+00:00",
}
STARTED = {
    **EXAMPLE,
    "state": "asking",
    "counts": dict.fromkeys(COUNTED, 0),
    "reasons": {},
    "asked_at": None,
}
