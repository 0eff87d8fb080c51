"""Webhooks, and what was sent to them."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from infra.i18n import N_
from web.schemas.api.base import (
    MISSING,
    NOT_LISTED,
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
    whole,
)

LONGEST_URL = 2_000
LONGEST_DESCRIPTION = 200
MOST_KINDS = 50
NOTHING_TO_CHANGE = N_("Say at least one thing to change.")
KIND = r"^(\*|[a-z_]+\.[a-z_]+)$"
STATES = ("waiting", "sending", "delivered", "failed")

ABOUT_KINDS = "Names of events such as `response.finished`, or `*` for all, also those that are added later."


def kinds(**options: Any) -> fields.List[str]:
    """A list of public events; the domain knows which there are."""
    inner = fields.String(
        validate=[validate.Length(1, 80, error=WRONG_LENGTH), validate.Regexp(KIND, error=NOT_LISTED)],
        error_messages={**WORDS, "invalid": NOT_TEXT},
    )
    return fields.List(
        inner,
        validate=validate.Length(1, MOST_KINDS, error=WRONG_LENGTH),
        error_messages={**WORDS, "invalid": MISSING},
        metadata={"description": ABOUT_KINDS},
        **options,
    )


def url(**options: Any) -> fields.String:
    """An https address."""
    return line("Where calls go: https, on port 443 or 8443, on the public internet.", LONGEST_URL, **options)


def about(**options: Any) -> fields.String:
    """What staff call it."""
    return line("What staff call it.", LONGEST_DESCRIPTION, shortest=0, **options)


class NewWebhook(Body):
    """An endpoint to make; it is active at once."""

    url = url(required=True)
    kinds = kinds(required=True)
    description = about(load_default="")


class WebhookChange(Body):
    """What to change; what is left out stays."""

    url = url()
    kinds = kinds()
    description = about()

    @validates_schema
    def check_something(self, data: dict[str, Any], **options: Any) -> None:
        if not data:
            raise ValidationError(NOTHING_TO_CHANGE)


class Webhook(Answer):
    """An endpoint as it stands."""

    id = identifier("Its id.", required=True)
    url = fields.String(required=True, metadata={"description": "Where calls go."})
    description = fields.String(required=True, metadata={"description": "What staff call it."})
    kinds = fields.List(fields.String(), required=True, metadata={"description": ABOUT_KINDS})
    state = one_of(
        "`active` is sent to; `paused` keeps what happens for three days; `disabled` keeps nothing.",
        "active",
        "paused",
        "disabled",
        required=True,
    )
    state_reason = one_of(
        "`person` unless the product paused it: `failing` after three days without a success, `gone` after a 410.",
        "person",
        "failing",
        "gone",
        required=True,
    )
    state_at = moment("Since when it is in this state.", required=True)
    failing_since = moment(
        "Since when nothing has arrived; null while all is well.", required=True, allow_none=True
    )
    last_outcome = fields.String(
        required=True, allow_none=True, metadata={"description": "How the last attempt ended."}
    )
    last_attempt_at = moment("When that was.", required=True, allow_none=True)
    created_at = moment("When it was made.", required=True)


class WebhookWithSecret(Webhook):
    """An endpoint with its secret, which is answered when it is made or renewed."""

    secret = fields.String(
        required=True, metadata={"description": "Signs the calls (Standard Webhooks). Keep it like a password."}
    )


WebhookPage = page_of(Webhook, "WebhookPage")


class DeliveryQuery(Cursors):
    """Which deliveries to list."""

    state = one_of(
        "Only those in this state; `waiting` includes those being sent.", "waiting", "delivered", "failed"
    )


class ReplayBody(Body):
    """How far back."""

    since = moment("Everything that failed and happened then or later is sent again.", required=True)


class Replay(Answer):
    """What is sent again."""

    count = whole("How many deliveries.", 0, 2_000_000_000, required=True)


class DeliverySummary(Answer):
    """What an endpoint is owed of one event."""

    webhook_id = identifier("The endpoint.", required=True, attribute="endpoint_id")
    event_id = identifier("The event.", required=True)
    message_id = fields.String(
        required=True, metadata={"description": "The `webhook-id` header, the same for every attempt."}
    )
    kind = fields.String(required=True, metadata={"description": "The event's name."})
    state = one_of("`failed` is over until somebody sends it again.", *STATES, required=True)
    outcome = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "How the last attempt ended; null before it."},
    )
    attempts = whole("Since it was made or sent again.", 0, 2_000_000_000, required=True)
    next_attempt_at = moment("When it is tried again; null when it is over.", required=True, allow_none=True)
    created_at = moment("When it was made.", required=True)
    finished_at = moment("When it was over.", required=True, allow_none=True)


class Attempt(Answer):
    """One call."""

    at = moment("When it ended.", required=True)
    outcome = fields.String(required=True, metadata={"description": "`delivered`, `status`, `timed_out`, …"})
    status = fields.Integer(required=True, allow_none=True, metadata={"description": "The status, if any."})
    milliseconds = fields.Integer(required=True, metadata={"description": "How long it took."})
    words = fields.String(required=True, metadata={"description": "The beginning of what came back, as text."})


class Delivery(DeliverySummary):
    """A delivery with its message and attempts."""

    payload = fields.String(required=True, metadata={"description": "The body exactly as it is sent."})
    history = fields.List(fields.Nested(Attempt), required=True, metadata={"description": "Oldest first."})


DeliveryPage = page_of(DeliverySummary, "DeliveryPage")
