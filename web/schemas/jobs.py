"""What the pages about long work take."""

import hashlib
from typing import Any, ClassVar

from marshmallow import fields, post_load, validate

from infra import sheets
from infra.i18n import N_
from web.schemas.surveys import Query

DAMAGED = N_("This form is damaged. Load the page again.")


class KeyForm(Query):
    """The key that a page gave its form, so that a second click begins nothing.

    What was typed is part of it: whoever goes back and sends something else begins something else, and never sees
    what they began before as if it were this.
    """

    ONCE_A_FORM: ClassVar[bool] = False
    """Whether a form is good for one act, whatever is typed; who answers it has to say so."""

    key = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{32}\Z", error=DAMAGED))

    @post_load
    def with_what_was_typed(self, typed: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The key of the act."""
        said = sorted((name, repr(value)) for name, value in typed.items() if name != "key")
        return typed if self.ONCE_A_FORM else {**typed, "key": key_of(typed["key"], repr(said).encode())}


def key_of(form: str, said: bytes) -> str:
    """The key of what a form asks for with this."""
    return f"{form}:{hashlib.sha256(said).hexdigest()[:32]}"


class FileForm(KeyForm):
    """A file to prepare, in the form that was chosen."""

    form = fields.String(load_default=sheets.CSV, validate=validate.OneOf(tuple(sheets.TYPES), error=DAMAGED))


class JobsQuery(Query):
    """Whose work is listed, and from where on."""

    whose = fields.String(load_default="", validate=validate.OneOf(("", "all"), error=DAMAGED))
    after = fields.String(load_default=None, validate=validate.Length(max=200, error=DAMAGED))
