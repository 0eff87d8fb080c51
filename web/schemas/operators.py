"""Forms of operators, and of the tenant's grants to support."""

from marshmallow import EXCLUDE, Schema, fields, validate

from web.schemas.fields import Secret, Text, Whole


class FormSchema(Schema):
    """A browser's form: fields nobody asked for, such as the form token, are passed over."""

    class Meta:
        unknown = EXCLUDE


class SignInForm(FormSchema):
    email = Text(longest=254)
    password = Secret()


class CodeForm(FormSchema):
    code = Text(longest=80)


class SetUpForm(FormSchema):
    password = Secret()
    code = Text(longest=80)


class PasswordForm(FormSchema):
    present = Secret()
    password = Secret()


class SuspensionForm(FormSchema):
    typed = Text(longest=80)
    cause = Text(longest=80, required=False, load_default="other")
    reason = Text(longest=200)


class ReopeningForm(FormSchema):
    cause = Text(longest=80, required=False, load_default="other")
    reason = Text(longest=200)


class CellForm(FormSchema):
    capacity = Whole()
    open = fields.String(load_default="")


class KindForm(FormSchema):
    """Failures of a name, for one reason."""

    name = Text(longest=200)
    reason = Text(longest=200, required=False, load_default="")


class DeliveryForm(FormSchema):
    event_id = fields.UUID(required=True)
    reaction = Text(longest=200)


class GrantForm(FormSchema):
    allows = Text(longest=80)
    lasts = Text(longest=80)
    reason = Text(longest=200)


class TenantsQuery(FormSchema):
    """What the list of workspaces is narrowed to; a query that cannot be read narrows to nothing."""

    q = fields.String(load_default="", validate=validate.Length(max=120))
    state = fields.String(load_default="", validate=validate.Length(max=20))
    cell = fields.String(load_default="", validate=validate.Length(max=80))
    domains = fields.String(load_default="", validate=validate.OneOf(["", "failing"]))
    log = fields.String(load_default="", validate=validate.OneOf(["", "broken"]))
    after = fields.UUID(load_default=None, allow_none=True)
