"""What the pages about long work take."""

from marshmallow import fields, validate

from infra import sheets
from infra.i18n import N_
from web.schemas.surveys import Query

DAMAGED = N_("This form is damaged. Load the page again.")


class KeyForm(Query):
    """The key that a page gave its form, so that a second click begins nothing."""

    key = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{32}\Z", error=DAMAGED))


class FileForm(KeyForm):
    """A file to prepare, in the form that was chosen."""

    form = fields.String(load_default=sheets.CSV, validate=validate.OneOf(tuple(sheets.TYPES), error=DAMAGED))


class JobsQuery(Query):
    """Whose work is listed, and from where on."""

    whose = fields.String(load_default="", validate=validate.OneOf(("", "all"), error=DAMAGED))
    after = fields.String(load_default=None, validate=validate.Length(max=200, error=DAMAGED))
