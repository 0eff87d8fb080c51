"""Forms about the mail that a workspace sends."""

from marshmallow import validate

from web.schemas.fields import NOT_WHOLE, Text, Whole
from web.schemas.staff import FormSchema


class SenderForm(FormSchema):
    domain = Text(longest=300)
    local_part = Text(longest=80)


class ReplyToForm(FormSchema):
    reply_to = Text(longest=300, required=False, load_default="")


class AgainForm(FormSchema):
    """Which attempt was looked at, so that two clicks send one mail."""

    attempt = Whole(validate=validate.Range(0, 10_000, error=NOT_WHOLE))
