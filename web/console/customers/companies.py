"""Companies: the list, one with its people, and their form."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import companies as register
from customers import people
from customers.attributes import list_attributes
from customers.companies import CompanyFilters
from customers.models import Company
from customers.people import PeopleFilters
from infra.i18n import N_
from infra.ids import new_id
from tenants import audit
from web import tenancy
from web.console.customers import forms, frame
from web.console.customers.blueprint import blueprint
from web.forms import Form
from web.schemas.customers import CompanyForm, CompanyQuery

Page = str | Response | tuple[str, int]

PAGE_SIZE = 25
FIELDS = ("name", "external_id", "website")


@blueprint.get("/companies")
def company_list() -> Page:
    """Companies, newest first, found by the beginning of their name."""
    query, session = CompanyQuery().load(request.args), tenancy.session()
    filters = CompanyFilters(search=query["q"])
    page = register.list_companies(session, filters, after=query["after"], limit=PAGE_SIZE)
    total = register.count_companies(session, filters)
    people_of = register.count_people(session, [row.id for row in page.items])
    shown = {"page": page, "total": total, "more": total >= 10_000, "people": people_of, "query": query}
    shown["key"] = new_id().hex
    return render_template("console/customers/companies.html", sections=frame.sections("company_list"), **shown)


@blueprint.get("/companies/new")
def new_company() -> Page:
    """An empty form."""
    return _form(Form())


@blueprint.post("/companies")
def create_company() -> Page:
    """The page of the new company is the next one."""
    form = forms.submitted(CompanyForm)
    form.typed.pop("revision", None)
    if form.attempt(lambda typed: register.add(tenancy.session(), by=tenancy.actor(), **typed)):
        flash(N_("The company is added."))
        return redirect(url_for(".company", company_id=form.result.id), 303)
    return _form(form)


@blueprint.get("/companies/<uuid:company_id>")
def company(company_id: UUID) -> Page:
    """One company with its people, newest first."""
    found, query, session = frame.the_company(company_id), CompanyQuery().load(request.args), tenancy.session()
    if found.id != company_id:
        moved = redirect(url_for(".company", company_id=found.id), 308)
        moved.headers["Cache-Control"] = "no-store"  # a merge can be undone
        return moved
    page = people.list_people(session, PeopleFilters(company_id=found.id), after=query["after"], limit=PAGE_SIZE)
    audit.record_reading(session, "customers.listed", by=tenancy.actor(), subject=tenancy.tenant().id)
    known = [
        (each.label, frame.in_words(each, found.attributes.get(each.code)))
        for each in list_attributes(session, "company")
    ]
    shown = {"page": page, "query": query, "known": known, "display_name": people.display_name}
    parts = frame.shown_parts(frame.COMPANY_PARTS, found)
    return render_template("console/customers/company.html", company=found, parts=parts, **shown)


@blueprint.get("/companies/<uuid:company_id>/edit")
def edit_company(company_id: UUID) -> Page:
    """The form of what is stored."""
    found = frame.the_company(company_id)
    return _form(_stored(found), found)


@blueprint.post("/companies/<uuid:company_id>")
def save_company(company_id: UUID) -> Page:
    """Stores what was typed, unless somebody else was faster."""
    found, form, session = frame.the_company(company_id), forms.submitted(CompanyForm), tenancy.session()
    if form.attempt(lambda typed: register.change(session, found, by=tenancy.actor(), **typed)):
        flash(N_("The changes are saved."))
        return redirect(url_for(".company", company_id=found.id), 303)
    session.refresh(found)
    return _form(form, found)


def _stored(found: Company) -> Form:
    values = {name: getattr(found, name) or "" for name in FIELDS}
    return forms.stored(found, list_attributes(tenancy.session(), "company"), **values)


def _form(form: Form, found: Company | None = None) -> tuple[str, int]:
    attributes = list_attributes(tenancy.session(), "company")
    now = _stored(found) if found is not None else None
    overtaken = forms.overtaken(form, now) if now else []
    page = render_template(
        "console/customers/company_form.html",
        form=form,
        company=found,
        attributes=attributes,
        option_choices=frame.option_choices,
        now=now,
        overtaken=overtaken,
    )
    return page, form.status
