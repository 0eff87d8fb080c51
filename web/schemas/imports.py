"""What the pages about imports, duplicates and merges take."""

from marshmallow import fields, validate

from customers.imports.reading import MOST_COLUMNS
from web.schemas.fields import Several
from web.schemas.surveys import NO_CHOICE, Query


class Columns(Several):
    """One choice for each column of a file, in its order; an empty one leaves the column out."""

    def __init__(self) -> None:
        inner = fields.String(validate=validate.Length(max=80, error=NO_CHOICE))
        most = validate.Length(max=MOST_COLUMNS, error=NO_CHOICE)
        fields.List.__init__(self, inner, load_default=list, validate=most)


class MappingForm(Query):
    """What each column is, and what happens to those who are there."""

    column = Columns()
    policy = fields.String(load_default="update", validate=validate.OneOf(("update", "skip"), error=NO_CHOICE))
