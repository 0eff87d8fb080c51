"""Forms with attributes: each is a field `attributes.<code>`, and its error stands beside it."""

from collections.abc import Sequence
from typing import Any

from flask import request
from marshmallow import Schema

from customers.models import Attribute
from customers.revisions import revision_of
from web.forms import Form

PREFIX = "attributes."


def submitted(schema: type[Schema]) -> Form:
    """The form of this request with the attributes that were typed, by their codes."""
    form = Form.submitted(schema)
    typed = {name: text for name, text in request.form.items() if name.startswith(PREFIX)}
    form.values |= typed
    form.typed["attributes"] = {name.removeprefix(PREFIX): text for name, text in typed.items()}
    return form


def stored(row: Any, attributes: Sequence[Attribute], **values: Any) -> Form:
    """A form that shows what is stored."""
    shown = {PREFIX + each.code: _as_typed(row.attributes.get(each.code)) for each in attributes}
    return Form({**values, **shown, "revision": revision_of(row)})


def overtaken(form: Form, now: Form) -> list[str]:
    """The fields in which what was typed is not what somebody else has stored; none when nobody was faster.

    The form then knows the present revision, so that pressing the button again is a decision.
    """
    present = str(now.values["revision"])
    if form.status != 409 or str(form.value("revision")) == present:
        return []
    form.values["revision"] = present
    return [name for name, typed in form.values.items() if name != "revision" and typed != now.value(name)]


def _as_typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
