"""One customer: added by hand, their page with its tabs, and their details."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import companies
from customers import people as register
from customers.attributes import list_attributes
from customers.models import Person
from infra.i18n import N_, gettext
from tenants import branding
from web import tenancy
from web.console.customers import forms, frame
from web.console.customers.blueprint import blueprint
from web.forms import Form
from web.schemas.customers import PersonForm

Page = str | Response | tuple[str, int]

OFFERED = 200
"""Names of companies that a form suggests."""


@blueprint.get("/new")
def new() -> Page:
    """An empty form; a page about an address or a company hands in what it knows."""
    return _form(Form({name: request.args.get(name, "")[:300] for name in ("name", "email", "phone", "company")}))


@blueprint.post("")
def create() -> Page:
    """The page of the new customer is the next one."""
    form = forms.submitted(PersonForm)
    if form.attempt(lambda typed: register.add(tenancy.session(), by=tenancy.actor(), **_given(typed))):
        flash(N_("The customer is added."))
        return redirect(url_for(".person", person_id=form.result.id), 303)
    return _form(form)


@blueprint.get("/<uuid:person_id>")
def person(person_id: UUID) -> Page:
    """What happened with them, and beside it what is known about them."""
    found = frame.the_person(person_id)
    if found.id != person_id:
        return redirect(url_for(".person", person_id=found.id))
    parts = frame.shown_parts(frame.PARTS, found)
    known = [
        (each.label, frame.in_words(each, found.attributes.get(each.code)))
        for each in list_attributes(tenancy.session(), "person")
    ]
    return render_template("console/customers/person.html", parts=parts, known=known, **frame.head(found, "person"))


@blueprint.get("/<uuid:person_id>/details")
def details(person_id: UUID) -> Page:
    """The form of what is stored."""
    found = frame.the_person(person_id)
    if found.id != person_id:
        return redirect(url_for(".details", person_id=found.id))
    return _form(_stored(found), found)


@blueprint.post("/<uuid:person_id>")
def save(person_id: UUID) -> Page:
    """Stores what was typed, unless somebody else was faster: then the form comes back with both."""
    found, form, session = frame.the_person(person_id), forms.submitted(PersonForm), tenancy.session()
    if form.attempt(lambda typed: _changed(found, typed)):
        flash(N_("The changes are saved."))
        return redirect(url_for(".details", person_id=found.id), 303)
    session.refresh(found)
    return _form(form, found)


def _changed(found: Person, typed: dict[str, Any]) -> Person:
    session, by = tenancy.session(), tenancy.actor()
    return register.change(session, found, by=by, revision=typed["revision"], **_given(typed))


def _given(typed: dict[str, Any]) -> dict[str, Any]:
    """What the verbs take: a company by its id, made when its name is new."""
    given = {name: value for name, value in typed.items() if name not in ("company", "revision")}
    name = typed.get("company", "").strip()
    session, by = tenancy.session(), tenancy.actor()
    return {**given, "company_id": companies.named(session, name, by=by).id if name else None}


def _stored(found: Person) -> Form:
    session = tenancy.session()
    names = companies.names_of(session, [found.company_id]) if found.company_id else {}
    identity = found.identity
    return forms.stored(
        found,
        list_attributes(session, "person"),
        name=identity.name or "",
        email=identity.email or "",
        phone=identity.phone or "",
        external_id=found.external_id or "",
        language=found.language or "",
        zone=found.zone or "",
        company=names.get(found.company_id, "") if found.company_id else "",
    )


def _form(form: Form, found: Person | None = None) -> tuple[str, int]:
    session = tenancy.session()
    now = _stored(found) if found is not None else None
    shown = {
        "form": form,
        "attributes": list_attributes(session, "person"),
        "option_choices": frame.option_choices,
        "languages": frame.language_choices(form.value("language")),
        "zones": [("", gettext("Not known")), *((zone, zone) for zone in branding.zones())],
        "company_names": [each.name for each in companies.list_companies(session, limit=OFFERED).items],
        "now": now,
        "overtaken": forms.overtaken(form, now) if now else [],
    }
    head = frame.head(found, "details") if found is not None else {}
    page = "console/customers/details.html" if found is not None else "console/customers/new.html"
    return render_template(page, **head, **shown), form.status
