"""Forms about colleagues and about oneself."""

from marshmallow import EXCLUDE, Schema, fields

from web.schemas.fields import Email, Secret, Text
from web.schemas.staff import FormSchema


class PeopleQuery(Schema):
    class Meta:
        unknown = EXCLUDE

    q = Text(longest=120, required=False, load_default="")
    show = fields.String(load_default="", validate=lambda value: value in {"", "former"})


class InviteForm(FormSchema):
    email = Email()
    role = Text(longest=80)
    name = Text(longest=80, required=False, load_default="")


class AcceptForm(FormSchema):
    name = Text(longest=80)
    password = Secret()
    locale = Text(longest=80, required=False, load_default="")


class RoleForm(FormSchema):
    role = Text(longest=80)


class TransferForm(FormSchema):
    heir = fields.UUID(required=True, error_messages={"required": "", "invalid": "", "null": ""})
    password = Secret()


class ProfileForm(FormSchema):
    name = Text(longest=80)
    locale = Text(longest=80, required=False, load_default="")
    zone = Text(longest=80, required=False, load_default="")


class AddressForm(FormSchema):
    email = Email()
    address_password = Secret()


class NewPasswordForm(FormSchema):
    present = Secret()
    password = Secret()
