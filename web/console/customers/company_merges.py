"""Companies that might be the same: found, two side by side, merged, and taken apart again."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import companies, company_likeness, company_merging, merge_images
from customers.attributes import list_attributes
from customers.companies import CompanyFilters
from customers.models import Company
from infra.i18n import N_, gettext
from web import tenancy
from web.console.customers import deeds, frame
from web.forms import Form
from web.schemas.customers import CompanyQuery

blueprint = Blueprint("company_merges", __name__)

Page = str | Response | tuple[str, int]

OFFERED = 25
LABELS = {"name": N_("Name"), "external_id": N_("External id"), "website": N_("Website")}


@blueprint.get("/<uuid:company_id>/merging")
def alike(company_id: UUID) -> Page:
    """Companies that might be the same, or those whose name begins as was typed."""
    found, session, words = frame.the_company(company_id), tenancy.session(), CompanyQuery().load(request.args)["q"]
    if words:
        page = companies.list_companies(session, CompanyFilters(search=words), limit=OFFERED)
        others = [each for each in page.items if each.id != found.id]
    else:
        others = [each.company for each in company_likeness.likely(session, found, limit=OFFERED)]
    people = companies.count_people(session, [each.id for each in others])
    shown = {"company": found, "others": others, "people": people, "words": words}
    return render_template("console/customers/duplicates/companies.html", **shown)


@blueprint.get("/<uuid:company_id>/merge/<uuid:other_company_id>")
def compare(company_id: UUID, other_company_id: UUID) -> Page:
    """Two side by side, with the values that make sense already chosen."""
    return _compare(company_id, other_company_id, Form())


@blueprint.post("/<uuid:company_id>/merge/<uuid:other_company_id>")
def merge(company_id: UUID, other_company_id: UUID) -> Page:
    """Merges the other one into the company; the page of the one that stays is the next one."""
    kept, merged = frame.the_company(company_id), frame.the_company(other_company_id)
    form, session, by = Form(dict(request.form)), tenancy.session(), tenancy.actor()
    choices = deeds.choices(request.form)
    if form.attempt(lambda typed: company_merging.merge(session, kept.id, merged.id, by=by, choices=choices)):
        deeds.say_merged(N_("The two are one company now. You can undo it for 30 days."))
        return redirect(url_for("console.customers.company", company_id=kept.id), 303)
    return _compare(company_id, other_company_id, form)


@blueprint.post("/<uuid:company_id>/merge/<uuid:other_company_id>/refusal")
def dismiss(company_id: UUID, other_company_id: UUID) -> Page:
    """Notes that the two are not the same."""
    kept, other = frame.the_company(company_id), frame.the_company(other_company_id)
    if Form().attempt(
        lambda typed: company_likeness.dismiss(tenancy.session(), kept.id, other.id, by=tenancy.actor())
    ):
        flash(N_("They are not offered as the same any more."))
    return redirect(url_for("console.customers.company", company_id=kept.id), 303)


@blueprint.post("/merges/<uuid:company_merge_id>/undoing")
def undo(company_merge_id: UUID) -> Page:
    """Takes a merge apart and says what stays with which."""
    session, form = tenancy.session(), Form()
    made = company_merging.get(session, company_merge_id)
    form.attempt(lambda typed: company_merging.unmerge(session, made.id, by=tenancy.actor()))
    deeds.say_undone(form, _label)
    return redirect(url_for("console.customers.company", company_id=made.kept_id), 303)


def _compare(company_id: UUID, other_company_id: UUID, form: Form) -> Page:
    kept, merged = frame.the_company(company_id), frame.the_company(other_company_id)
    if kept.id == merged.id:
        return redirect(url_for("console.customers.company", company_id=kept.id))
    chosen = company_merging.defaults(kept, merged) | {name: form.value(name) for name in form.values}
    rows = deeds.rows(_values(kept, merged), chosen, _label)
    page = "console/customers/duplicates/compare_companies.html"
    return render_template(page, kept=kept, merged=merged, rows=rows, form=form), form.status


def _values(kept: Company, merged: Company) -> list[tuple[str, str, str]]:
    found = [(field, getattr(kept, field) or "", getattr(merged, field) or "") for field in company_merging.FIELDS]
    for attribute in list_attributes(tenancy.session(), "company"):
        values = [frame.in_words(attribute, each.attributes.get(attribute.code)) for each in (kept, merged)]
        found.append((f"attributes.{attribute.code}", values[0], values[1]))
    return found


def _label(name: str) -> str:
    if name in LABELS:
        return gettext(LABELS[name])
    code = name.removeprefix(merge_images.PREFIX)
    known = {each.code: each.label for each in list_attributes(tenancy.session(), "company")}
    return known.get(code, code)
