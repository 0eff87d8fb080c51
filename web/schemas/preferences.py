"""What people send from the preference pages."""

from typing import Any

from marshmallow import fields, pre_load, validate

from customers.preferences import EVERY_DAYS, MONTHS
from infra.i18n import N_
from web.schemas.fields import WORDS, Email, Several, Text, Whole
from web.schemas.staff import FormSchema

UNKNOWN_CHOICE = N_("Choose one of the answers in the list.")
BAD_YEAR = N_("Write the year with four digits, such as 2012.")


class PreferencesForm(FormSchema):
    """`shown` are the codes that stood on the page, `want` those that were ticked, each with its channel."""

    shown = Several()
    want = Several()
    every_days = Whole(
        required=False,
        load_default=None,
        validate=validate.OneOf((0, *EVERY_DAYS), error=UNKNOWN_CHOICE),
    )
    pause_months = Whole(
        required=False,
        load_default=None,
        validate=validate.OneOf((0, *MONTHS), error=UNKNOWN_CHOICE),
    )
    language = fields.String(
        load_default="",
        error_messages=WORDS,
        validate=validate.Regexp(r"^([a-z]{2}(-[A-Z]{2})?)?$", error=UNKNOWN_CHOICE),
    )
    birth_year = Whole(
        required=False, load_default=None, allow_none=True, validate=validate.Range(1900, 2100, error=BAD_YEAR)
    )
    guardian_email = Text(longest=254, required=False, load_default="")

    @pre_load
    def drop_empty(self, data: dict[str, Any], **options: Any) -> dict[str, Any]:
        """A field that was left empty was not answered."""
        unanswered = ("every_days", "pause_months", "birth_year")
        return {name: value for name, value in data.items() if name not in unanswered or str(value or "").strip()}


class LinkForm(FormSchema):
    """Whose preferences."""

    email = Email()
