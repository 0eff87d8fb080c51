"""The form that adds a domain."""

from web.schemas.fields import Text
from web.schemas.staff import FormSchema


class DomainForm(FormSchema):
    host = Text(longest=300)
