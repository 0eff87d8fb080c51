"""The form that reports a page, and the one that decides about it."""

from typing import Any

from marshmallow import fields, validate

from infra.i18n import N_
from tenants.abuse.reports import DECISIONS, REASONS
from web.schemas.fields import WORDS, Email, Text
from web.schemas.staff import FormSchema

CHOOSE = N_("Choose what is wrong with the page.")


class OptionalEmail(Email):
    """An address that may be left out."""

    def __init__(self) -> None:
        super().__init__(required=False, load_default="")

    def _validate(self, value: Any) -> None:
        if value:
            super()._validate(value)


class ReportForm(FormSchema):
    reason = fields.String(
        required=True,
        error_messages={**WORDS, "required": CHOOSE},
        validate=validate.OneOf(list(REASONS), error=CHOOSE),
    )
    words = Text(longest=2000, lines=True, required=False, load_default="")
    email = OptionalEmail()


class DecisionForm(FormSchema):
    decision = fields.String(
        required=True,
        error_messages=WORDS,
        validate=validate.OneOf(
            sorted({name for each in DECISIONS.values() for name in each}), error=WORDS["invalid"]
        ),
    )
    typed = Text(longest=80, required=False, load_default="")
