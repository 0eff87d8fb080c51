"""Forms of the pages about webhooks."""

from marshmallow import fields, validate

from web.schemas.fields import Several, Text
from web.schemas.staff import FormSchema
from web.schemas.surveys import NO_CHOICE, Query

SINCE = ("1", "6", "24", "72", "168", "720")
"""Hours."""


class WebhookForm(FormSchema):
    """A new endpoint, or a changed one."""

    url = Text(longest=2_000)
    description = Text(longest=200, required=False, load_default="")
    kinds = Several()


class ReplayForm(FormSchema):
    """How far back failed deliveries are sent again."""

    hours = fields.String(required=True, validate=validate.OneOf(SINCE, error=NO_CHOICE))


class DeliveryQuery(Query):
    """Which deliveries a list shows."""

    outcome = fields.String(
        load_default="", validate=validate.OneOf(("", "waiting", "delivered", "failed"), error=NO_CHOICE)
    )
    after = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))
