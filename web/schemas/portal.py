"""What customers send from their pages."""

from marshmallow import fields

from web.schemas.customers import Described, typed
from web.schemas.fields import WORDS, Email, Text
from web.schemas.staff import FormSchema


class AskForm(FormSchema):
    """Whose mailbox."""

    email = Email()


class CodeForm(FormSchema):
    """Eight digits, with whatever somebody puts between them."""

    code = Text(longest=40)


class WhoForm(FormSchema):
    """Who of those with the mailbox."""

    person = fields.UUID(required=True, error_messages=WORDS)


class CorrectionForm(Described):
    """What customers correct themselves; attributes stand in fields `attributes.<code>`."""

    name = typed()
    phone = typed()
    language = typed()
    zone = typed()


class NewEmailForm(FormSchema):
    """Another address; the domain says what is wrong with it."""

    email = typed()


class SettingsForm(FormSchema):
    """Whether the pages are open, and the tenant's sentence."""

    open = fields.String(load_default="")
    welcome = Text(longest=1000, lines=True, required=False, load_default="")
