"""What the pages about customers take. Texts are checked by the domain, which says the same to programs."""

from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, post_load, validate

from infra import sheets
from infra.i18n import N_
from web.schemas.fields import Several, Text
from web.schemas.jobs import DAMAGED, FileForm, KeyForm
from web.schemas.surveys import NO_CHOICE, Query

LONGEST = 6_000
"""Of a field; what it may hold is the domain's to say, beside the field."""


def typed() -> fields.String:
    """A text as it was typed."""
    return fields.String(load_default="", validate=validate.Length(max=LONGEST, error=N_("This is too long.")))


class Row(Several):
    """Fields of one name below each other; empty ones count, because each belongs to another beside it."""

    def __init__(self) -> None:
        most = validate.Length(max=200, error=DAMAGED)
        fields.List.__init__(self, typed(), load_default=list, validate=most)


class ListQuery(Query):
    """Where a list goes on, and which view it was opened as."""

    after = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))
    view = fields.String(load_default="", validate=validate.Length(max=40, error=NO_CHOICE))


class Described(Query):
    """A form with attributes: one field `attributes.<code>` each, which `web.console.customers.forms` gathers."""

    revision = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 2**62, error=DAMAGED))


class PersonForm(Described):
    """A customer, new or changed."""

    name = typed()
    email = typed()
    phone = typed()
    external_id = typed()
    language = typed()
    zone = typed()
    company = typed()


class CompanyForm(Described):
    """A company, new or changed."""

    name = typed()
    external_id = typed()
    website = typed()


class CompanyQuery(Query):
    """Which companies to list."""

    q = Text(longest=200, required=False, load_default="")
    after = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))


class CompaniesFileForm(FileForm):
    """The companies of a list, as a file."""

    q = Text(longest=200, required=False, load_default="")


class ViewForm(Query):
    """A view to save; what it shows stands in the form's hidden fields."""

    view_name = typed()
    shared = fields.String(load_default="", validate=validate.OneOf(("", "yes"), error=NO_CHOICE))


class AttributeForm(Query):
    """An attribute to declare or change. `option` and `option_code` belong together, in their order."""

    subject = fields.String(load_default="person", validate=validate.OneOf(("person", "company"), error=NO_CHOICE))
    label = typed()
    code = typed()
    type = fields.String(
        load_default="text",
        validate=validate.OneOf(("text", "number", "date", "choice", "boolean"), error=NO_CHOICE),
    )
    option_code = Row()
    option = Row()
    more_options = typed()
    personal = fields.String(load_default="", validate=validate.OneOf(("", "yes"), error=NO_CHOICE))
    own = fields.String(load_default="", validate=validate.OneOf(("", "yes"), error=NO_CHOICE))


class BulkForm(Query):
    """Who is chosen on the list, and what is to be done."""

    verb = fields.String(
        load_default="", validate=validate.OneOf(("attribute", "company", "segment", "export"), error=NO_CHOICE)
    )
    ids = Several()
    all = fields.String(load_default="", validate=validate.OneOf(("", "yes"), error=NO_CHOICE))

    @post_load
    def as_ids(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Each only once, as ids. Raises ValidationError."""
        try:
            data["ids"] = list(dict.fromkeys(UUID(text) for text in data["ids"]))
        except ValueError:
            raise ValidationError({"ids": [DAMAGED]}) from None
        return data


class BulkJobForm(KeyForm, BulkForm):
    """What exactly is to be done, with the page's key so that a second click begins nothing."""

    form = fields.String(load_default=sheets.CSV, validate=validate.OneOf(tuple(sheets.TYPES), error=DAMAGED))
    attribute = typed()
    company = typed()
    name = typed()


class SegmentForm(Query):
    """A segment; its rule stands in rows that `web.console.customers.segment_rows` reads."""

    name = typed()
    then = typed()
    revision = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 2**62, error=DAMAGED))


class FreezeForm(KeyForm):
    """The name of a frozen segment, with the page's key so that a second click begins nothing."""

    name = typed()
