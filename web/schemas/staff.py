"""Forms of signing up, signing in and settings."""

from marshmallow import EXCLUDE, Schema

from web.schemas.fields import Email, Secret, Several, Text, Whole


class FormSchema(Schema):
    """A browser's form: fields nobody asked for, such as the form token, are passed over."""

    class Meta:
        unknown = EXCLUDE


class SignUpForm(FormSchema):
    name = Text(longest=80)
    business_name = Text(longest=80)
    slug = Text(longest=80)
    email = Email()
    password = Secret()


class SlugForm(FormSchema):
    slug = Text(longest=80, required=False, load_default="")


class EmailForm(FormSchema):
    email = Email()


class SignInForm(FormSchema):
    email = Text(longest=254)
    password = Secret()


class CodeForm(FormSchema):
    code = Text(longest=80)


class TurnOffForm(CodeForm):
    password = Secret()


class PasswordForm(FormSchema):
    password = Secret()


class LookForm(FormSchema):
    accent = Text(longest=80)
    font = Text(longest=80)
    corners = Whole()


class LanguagesForm(FormSchema):
    languages = Several()
    default = Text(longest=80)


class ZoneForm(FormSchema):
    zone = Text(longest=80)


class ApiKeyForm(FormSchema):
    name = Text(longest=80)
    scopes = Several()
