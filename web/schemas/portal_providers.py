"""Forms about the providers that customers sign in with."""

from marshmallow import fields, validate

from customers.portal.openid_providers import KINDS
from web.schemas.fields import WORDS, Text
from web.schemas.staff import FormSchema
from web.schemas.surveys import NO_CHOICE


class ProviderForm(FormSchema):
    """Which provider; `issuer` is a directory for Microsoft, and not asked for Google."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS, error=NO_CHOICE), error_messages=WORDS)
    name = Text(longest=200)
    issuer = Text(longest=2_000, required=False, load_default="")


class ClientForm(FormSchema):
    """What the provider gave us. No secret keeps the present one."""

    name = Text(longest=200)
    client_id = Text(longest=1_000)
    secret = Text(longest=4_000, required=False, load_default="")
