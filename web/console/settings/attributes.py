"""Which attributes customers and companies have: declared, worded anew, put away and brought back."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from customers import attributes as register
from customers.models import Attribute
from infra.i18n import N_
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.customers import AttributeForm

Page = str | Response | tuple[str, int]

TYPE_NAMES = {
    "text": N_("Text"),
    "number": N_("Number"),
    "date": N_("Day"),
    "choice": N_("Choice"),
    "boolean": N_("Yes or no"),
}


@blueprint.get("/attributes")
def attributes() -> str:
    """All of them, those in use and those that are put away."""
    session = tenancy.session()
    found = {
        subject: (
            register.list_attributes(session, subject),
            register.list_attributes(session, subject, archived=True),
        )
        for subject in register.SUBJECTS
    }
    return render_template("console/settings/attributes.html", found=found, types=TYPE_NAMES, most=register.MOST)


@blueprint.get("/attributes/new")
def new_attribute() -> Page:
    """An empty form."""
    return _form(Form({"subject": "person", "type": "text", "personal": "yes"}))


@blueprint.post("/attributes")
def add_attribute() -> Page:
    """Declares it; the list is the next page."""
    form = Form.submitted(AttributeForm)
    if form.attempt(_declared):
        flash(N_("The attribute is declared. It stands in the form of every customer or company now."))
        return redirect(url_for(".attributes"), 303)
    return _form(form)


@blueprint.get("/attributes/<uuid:attribute_id>")
def attribute(attribute_id: UUID) -> Page:
    """The form of what can be changed."""
    found = register.get(tenancy.session(), attribute_id)
    values = {
        "label": found.label,
        "personal": "yes" if found.personal else "",
        "own": "yes" if found.own else "",
    }
    return _form(Form(values), found)


@blueprint.post("/attributes/<uuid:attribute_id>")
def save_attribute(attribute_id: UUID) -> Page:
    """Other words, options, or personal or not."""
    found, form = register.get(tenancy.session(), attribute_id), Form.submitted(AttributeForm)
    if form.attempt(lambda typed: _changed(found, typed)):
        flash(N_("The attribute is saved."))
        return redirect(url_for(".attributes"), 303)
    return _form(form, found)


@blueprint.post("/attributes/<uuid:attribute_id>/archive")
def archive_attribute(attribute_id: UUID) -> Page:
    """Puts it away; what is stored stays."""
    register.archive(tenancy.session(), register.get(tenancy.session(), attribute_id), by=tenancy.actor())
    flash(N_("The attribute is archived. What was stored in it stays, and shows again when you bring it back."))
    return redirect(url_for(".attributes"), 303)


@blueprint.post("/attributes/<uuid:attribute_id>/restoration")
def restore_attribute(attribute_id: UUID) -> Page:
    """Brings it back."""
    register.restore(tenancy.session(), register.get(tenancy.session(), attribute_id), by=tenancy.actor())
    flash(N_("The attribute is in use again."))
    return redirect(url_for(".attributes"), 303)


def _declared(typed: dict[str, Any]) -> Attribute:
    return register.declare(
        tenancy.session(),
        by=tenancy.actor(),
        subject=typed["subject"],
        label=typed["label"],
        type=typed["type"],
        code=typed["code"],
        options=_lines(typed["more_options"]),
        personal=typed["personal"] == "yes",
        own=typed["own"] == "yes",
    )


def _changed(found: Attribute, typed: dict[str, Any]) -> Attribute:
    """Options stay under their codes; one whose words were emptied goes, further ones come behind."""
    kept = [
        (code, label)
        for code, label in zip(typed["option_code"], typed["option"], strict=False)
        if label.strip() and any(option["code"] == code for option in found.options)
    ]
    return register.change(
        tenancy.session(),
        found,
        by=tenancy.actor(),
        label=typed["label"],
        options=[*kept, *_lines(typed["more_options"])] if found.type == "choice" else None,
        personal=typed["personal"] == "yes",
        own=typed["own"] == "yes",
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _form(form: Form, found: Attribute | None = None) -> tuple[str, int]:
    options = [] if found is None else [(option["code"], option["label"]) for option in found.options]
    typed = list(zip(form.value("option_code", []), form.value("option", []), strict=False))
    page = render_template(
        "console/settings/attribute.html",
        form=form,
        attribute=found,
        types=TYPE_NAMES,
        options=typed or options,
    )
    return page, form.status
