"""Forms of the pages about API keys."""

from datetime import date, datetime, time, timedelta
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from infra import clock
from infra.i18n import N_, current_zone
from tenants.models.access import PER_MINUTE
from web.schemas.fields import MISSING, Several, Text, Whole
from web.schemas.staff import FormSchema
from web.schemas.surveys import BAD_DAY, FIRST_DAY, LAST_DAY, NO_CHOICE

ON_A_DAY, NEVER = "day", "never"
LIFETIMES: tuple[tuple[str, str], ...] = (
    ("30", N_("30 days")),
    ("90", N_("90 days")),
    ("365", N_("1 year")),
    (ON_A_DAY, N_("Until a day that I choose")),
    (NEVER, N_("Without end")),
)
OVERLAPS: tuple[tuple[str, str], ...] = (
    ("0", N_("Not at all: it ends now")),
    ("1", N_("1 hour")),
    ("24", N_("1 day")),
    ("168", N_("7 days")),
    ("720", N_("30 days")),
)
"""Hours."""


class LifetimeForm(FormSchema):
    """How long a secret lives; answers the moment as `expires_at`, which is None for one without end."""

    lifetime = fields.String(
        load_default="365", validate=validate.OneOf([value for value, _ in LIFETIMES], error=NO_CHOICE)
    )
    expires_on = Text(longest=10, required=False, load_default="")

    @post_load
    def choose(self, typed: dict[str, Any], **options: Any) -> dict[str, Any]:
        lifetime, day = typed.pop("lifetime"), typed.pop("expires_on")
        if lifetime == ON_A_DAY:
            return {**typed, "expires_at": _end_of(day)}
        return {**typed, "expires_at": None if lifetime == NEVER else clock.now() + timedelta(days=int(lifetime))}


class ApiKeyForm(LifetimeForm):
    """A new key."""

    name = Text(longest=80)
    scopes = Several()
    requests_per_minute = Whole(required=False, load_default=PER_MINUTE)


class RotationForm(LifetimeForm):
    """A new secret, and how long the present one stays."""

    overlap = fields.String(
        load_default="24", validate=validate.OneOf([value for value, _ in OVERLAPS], error=NO_CHOICE)
    )

    @post_load
    def hours(self, typed: dict[str, Any], **options: Any) -> dict[str, Any]:
        return {**typed, "overlap": timedelta(hours=int(typed["overlap"]))}


class LimitForm(FormSchema):
    """How many requests a key may send in a minute."""

    requests_per_minute = Whole()


def _end_of(day: str) -> datetime:
    """The end of a day in the zone in use."""
    if not day:
        raise ValidationError(MISSING, "expires_on")
    try:
        chosen = date.fromisoformat(day)
    except ValueError:
        raise ValidationError(BAD_DAY, "expires_on") from None
    if not FIRST_DAY <= chosen <= LAST_DAY:
        raise ValidationError(BAD_DAY, "expires_on")
    return datetime.combine(chosen + timedelta(days=1), time(), current_zone())
