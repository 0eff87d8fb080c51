"""What the pages of the audit log take."""

from datetime import date, datetime, time, timedelta
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from infra.i18n import current_zone
from tenants.audit import CATEGORIES, KINDS
from web.schemas.surveys import BACKWARDS, BAD_DAY, FIRST_DAY, LAST_DAY, NO_CHOICE, Query


class AuditFilters(Query):
    """What stands in the address of the list and in the form of an export. Days are whole, in the zone in use."""

    category = fields.String(load_default="", validate=validate.OneOf(["", *CATEGORIES], error=NO_CHOICE))
    kind = fields.String(load_default="", validate=validate.OneOf(["", *KINDS], error=NO_CHOICE))
    who = fields.UUID(load_default=None, allow_none=True, error_messages={"invalid_uuid": NO_CHOICE})
    about = fields.UUID(load_default=None, allow_none=True, error_messages={"invalid_uuid": NO_CHOICE})
    first = fields.String(load_default="", validate=validate.Length(max=10, error=BAD_DAY))
    last = fields.String(load_default="", validate=validate.Length(max=10, error=BAD_DAY))

    @post_load
    def period(self, typed: dict[str, Any], **options: Any) -> dict[str, Any]:
        first, last = _day(typed["first"], "first"), _day(typed["last"], "last")
        if first and last and first > last:
            raise ValidationError(BACKWARDS, "first")
        after = last + timedelta(days=1) if last else None
        return {**typed, "since": _midnight(first), "until": _midnight(after), "last_day": last}


class AuditQuery(AuditFilters):
    """A page of the list."""

    after = fields.UUID(load_default=None, error_messages={"invalid_uuid": NO_CHOICE})


def _day(text: str, name: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise ValidationError(BAD_DAY, name) from None
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise ValidationError(BAD_DAY, name)
    return day


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), current_zone()) if day else None
