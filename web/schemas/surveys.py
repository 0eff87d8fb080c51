"""What the staff's pages about surveys take."""

from datetime import date, timedelta
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from infra.i18n import N_
from web.schemas.fields import Text

NO_CHOICE = N_("Choose one of the entries of the list.")
BAD_DAY = N_("Write the day as year, month and day, such as 2026-03-31.")
BACKWARDS = N_("The first day is after the last one.")
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)


class Query(Schema):
    """What stands in an address; what is not known there is ignored."""

    class Meta:
        unknown = EXCLUDE


class ListQuery(Query):
    """A list with a search, a filter and a cursor."""

    q = Text(longest=200, required=False, load_default="")
    show = fields.String(load_default="", validate=validate.OneOf(("", "archived"), error=NO_CHOICE))
    after = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))


class NewSurveyForm(Schema):
    """A template's key, or none for an empty survey, which then needs a name."""

    class Meta:
        unknown = EXCLUDE

    template = fields.String(load_default="", validate=validate.Length(max=80, error=NO_CHOICE))
    name = Text(longest=120, required=False, load_default="")
    language = fields.String(
        load_default="en", validate=validate.Regexp(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\Z", error=NO_CHOICE)
    )


class EditorForm(Query):
    """What surrounds the typed texts of the editor; the texts themselves are checked by the definition."""

    revision = fields.Integer(required=True, strict=False, validate=validate.Range(0, 2**31 - 1, error=NO_CHOICE))
    at = fields.String(required=True, validate=validate.Length(1, 40, error=NO_CHOICE))
    then = fields.String(load_default="stay", validate=validate.Length(max=60, error=NO_CHOICE))
    kind = fields.String(load_default="", validate=validate.Length(max=40, error=NO_CHOICE))
    add_language = fields.String(load_default="", validate=validate.Length(max=20, error=NO_CHOICE))


class EditorQuery(Query):
    """Which element the editor shows, and whether with what stands against publishing."""

    at = fields.String(load_default="", validate=validate.Length(max=60, error=NO_CHOICE))
    check = fields.String(load_default="", validate=validate.Length(max=1, error=NO_CHOICE))


class RemovalForm(Query):
    """An element to delete from the draft that has the revision."""

    revision = fields.Integer(required=True, validate=validate.Range(0, 2**31 - 1, error=NO_CHOICE))
    at = fields.String(required=True, validate=validate.Length(1, 60, error=NO_CHOICE))


class AddressForm(Query):
    """Where the survey stands on the workspace's host."""

    address = Text(longest=80)


class DeletionForm(Query):
    """The name, typed, when answers would be lost."""

    confirm = Text(longest=200, required=False, load_default="")


class PeriodQuery(Query):
    """A period of whole days and the unit of the trend."""

    period = fields.String(
        load_default="90", validate=validate.OneOf(("7", "30", "90", "365", "all", "own"), error=NO_CHOICE)
    )
    first = fields.String(load_default="", validate=validate.Length(max=10, error=BAD_DAY))
    last = fields.String(load_default="", validate=validate.Length(max=10, error=BAD_DAY))
    unit = fields.String(load_default="week", validate=validate.OneOf(("week", "month"), error=NO_CHOICE))

    @post_load
    def own_days(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The typed days as dates; None where none is typed."""
        for name in ("first", "last"):
            data[name] = _day(name, data[name]) if data["period"] == "own" else None
        if data["first"] and data["last"] and data["first"] > data["last"]:
            raise ValidationError({"first": [BACKWARDS]})
        return data

    @staticmethod
    def days(data: dict[str, Any], today: date) -> tuple[date | None, date | None]:
        """First and last day; None is open."""
        if data["period"] in ("all", "own"):
            return data["first"], data["last"]
        return today - timedelta(days=int(data["period"]) - 1), today


def _day(name: str, text: str) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise ValidationError({name: [BAD_DAY]}) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValidationError({name: [BAD_DAY]})
    return day


class ResponseQuery(Query):
    """Which answers a list shows."""

    camp = fields.String(
        load_default="", validate=validate.OneOf(("", "promoters", "passives", "detractors"), error=NO_CHOICE)
    )
    text = fields.String(load_default="", validate=validate.OneOf(("", "yes"), error=NO_CHOICE))
    after = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))
