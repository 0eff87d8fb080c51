"""What the pages about contacts and timelines take. Words are checked by the domain."""

from datetime import UTC, date, datetime, time
from typing import Any

from marshmallow import ValidationError, fields, validate

from infra.i18n import N_, current_zone
from web.schemas.customers import LONGEST, typed
from web.schemas.jobs import DAMAGED, KeyForm
from web.schemas.surveys import NO_CHOICE, Query

NO_MOMENT = N_("Write a date and a time, such as 2026-03-01 09:30.")
NO_DAY = N_("Choose a date.")
MORNING = time(9)
"""When something is due of which only the day was said."""


class Moment(fields.String):
    """Date and time as a browser's field gives them, in the zone of the one who types; empty is None."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options).strip()
        if not text:
            return None
        try:
            local = datetime.fromisoformat(text.replace(" ", "T"))
            if local.tzinfo is not None or not 1900 <= local.year <= 2200:
                raise ValueError
            return local.replace(tzinfo=current_zone()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(NO_MOMENT) from None


class Morning(fields.String):
    """A day as a browser's field gives it: nine o'clock in the zone of the one who types; empty is None."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options).strip()
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
            if len(text) != 10 or not 1900 <= day.year <= 2200:
                raise ValueError
            return datetime.combine(day, MORNING, current_zone()).astimezone(UTC)
        except ValueError:
            raise ValidationError(NO_DAY) from None


def some_id() -> fields.UUID:
    """An id that a form carries; empty is None."""
    return Id(load_default=None, allow_none=True, error_messages={"invalid_uuid": DAMAGED, "invalid": DAMAGED})


class Id(fields.UUID):
    """An id, or nothing."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        return super()._deserialize(value, attr, data, **options) if value else None


class InteractionForm(Query):
    """A contact as it is changed."""

    revision = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 2**62, error=DAMAGED))
    channel = typed()
    direction = typed()
    at = Moment(load_default=None)
    subject = typed()
    summary = typed()


class LogForm(KeyForm):
    """A contact to log. `verb` is "find" while somebody is looked for; `what` and `due` make a follow-up."""

    verb = fields.String(load_default="")
    person = some_id()
    company = some_id()
    q = fields.String(load_default="", validate=validate.Length(max=254, error=N_("This is too long.")))
    channel = typed()
    direction = typed()
    at = Moment(load_default=None)
    summary = typed()
    what = typed()
    due = Morning(load_default=None)
    owner = some_id()
    back = fields.String(load_default="", validate=validate.Length(max=LONGEST, error=DAMAGED))


class TimelineQuery(Query):
    """What of a timeline is shown, and from where on."""

    kind = fields.String(load_default="", validate=validate.Length(max=40, error=NO_CHOICE))
    direction = fields.String(load_default="", validate=validate.OneOf(("", "in", "out"), error=NO_CHOICE))
    channel = fields.String(load_default="", validate=validate.Length(max=40, error=NO_CHOICE))
    staff = some_id()
    older = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))
