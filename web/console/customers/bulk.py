"""The same for many customers: the list says who and what, a page asks for the rest, long work does it."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import bulk, companies
from customers import people as register
from customers.attributes import list_attributes
from customers.errors import AttributeInvalid, PersonInvalid
from customers.models import Attribute
from customers.segments import freezing
from customers.selection import Selection
from infra.i18n import N_
from infra.ids import new_id
from infra.long_jobs import LongJob
from web import tenancy
from web.console.customers import asked as asking
from web.console.customers import frame
from web.console.customers.blueprint import blueprint
from web.forms import Form
from web.schemas.customers import BulkForm, BulkJobForm
from web.schemas.jobs import key_of

Page = str | Response | tuple[str, int]

NO_ATTRIBUTE = N_("Choose an attribute.")


@blueprint.post("/bulk")
def choose_bulk() -> Page:
    """Who was chosen, and the form of what is to be done with them."""
    form = Form.submitted(BulkForm)
    if form.problems or not (form.typed["ids"] or form.typed["all"]):
        return redirect(url_for(".index", **asking.read(request.form).address()), 303)
    return _page(form)


@blueprint.post("/bulk/jobs")
def start_bulk() -> Page:
    """Begins the work; its page is the next one. A second click leads to the same."""
    form = Form.submitted(BulkJobForm)
    if form.attempt(_started):
        return redirect(url_for("console.jobs.job", job_id=form.result.id), 303)
    return _page(form)


def selected(typed: dict[str, Any]) -> Selection:
    """Those who were chosen, or all who fit what the form's hidden fields say of the list."""
    if typed["all"] or not typed["ids"]:
        return Selection(filters=asking.read(request.form).filters)
    return Selection(ids=tuple(typed["ids"]))


def _started(typed: dict[str, Any]) -> LongJob:
    session, by, selection, key = tenancy.session(), tenancy.actor(), selected(typed), typed["key"]
    if typed["verb"] == "segment":
        by.require("segments.edit")
        return freezing.start(session, selection, typed["name"], by=by, key=key)
    if typed["verb"] == "company":
        name = typed["company"].strip()
        company = companies.named(session, name, by=by).id if name else None
        return bulk.start_company(session, selection, company, by=by, key=key)
    attribute = _attribute(typed["attribute"])
    if attribute is None:
        raise PersonInvalid(problems={"attribute": [NO_ATTRIBUTE]})
    value = request.form.get(f"value.{attribute.code}", "")
    key = key_of(key, value.encode())
    try:
        return bulk.start_attribute(session, selection, attribute.id, value, by=by, key=key)
    except AttributeInvalid as invalid:
        raise PersonInvalid(problems={f"value_{attribute.code}": invalid.problems["value"]}) from invalid


def _attribute(text: str) -> Attribute | None:
    known = {str(each.id): each for each in list_attributes(tenancy.session(), "person")}
    return known.get(text)


def _page(form: Form) -> tuple[str, int]:
    session, asked = tenancy.session(), asking.read(request.form)
    selection = selected({"all": form.value("all"), "ids": _ids(form)})
    count = selection.count(session, most=register.COUNTED)
    narrowed_to = asked.filters.company_id
    names = companies.names_of(session, [narrowed_to]) if narrowed_to else {}
    shown = {
        "form": form,
        "asked": asked,
        "by_filter": selection.ids is None,
        "count": count,
        "more": selection.ids is None and count >= register.COUNTED,
        "narrowed": [words for words, _ in asking.chips(asked, names.get(narrowed_to) if narrowed_to else None)],
        "attributes": list_attributes(session, "person"),
        "company_names": [each.name for each in companies.list_companies(session, limit=200).items],
        "typed": {name: text for name, text in request.form.items() if name.startswith("value.")},
        "option_choices": frame.option_choices,
        "key": form.value("key") or new_id().hex,
    }
    return render_template("console/customers/bulk.html", **shown), form.status


def _ids(form: Form) -> list[UUID]:
    found: list[UUID] = form.typed.get("ids", [])
    return found
