"""What the pages about imports, duplicates and merges take."""

from marshmallow import fields, validate

from customers.imports.consents import TOO_LONG
from customers.imports.reading import MOST_COLUMNS
from web.schemas.fields import Several
from web.schemas.surveys import NO_CHOICE, Query


class Columns(Several):
    """One choice for each column of a file, in its order; an empty one leaves the column out."""

    def __init__(self) -> None:
        inner = fields.String(validate=validate.Length(max=80, error=NO_CHOICE))
        most = validate.Length(max=MOST_COLUMNS, error=NO_CHOICE)
        fields.List.__init__(self, inner, load_default=list, validate=most)


def _said() -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=2_000, error=TOO_LONG))


class MappingForm(Query):
    """What each column is, and what happens to those who are there."""

    column = Columns()
    policy = fields.String(load_default="update", validate=validate.OneOf(("update", "skip"), error=NO_CHOICE))
    consent_origin = _said()
    consent_text_version = _said()
    consent_given_on = _said()
