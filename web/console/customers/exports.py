"""Customers and companies as files: those of a list as it is narrowed, or those chosen. Always long work."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import companies, exports
from customers import people as register
from customers.companies import CompanyFilters
from infra.i18n import current_locale
from infra.ids import new_id
from infra.long_jobs import LongJob
from tenants import branding
from web import tenancy
from web.console.customers import asked as asking
from web.console.customers.blueprint import blueprint
from web.console.customers.bulk import selected
from web.forms import Form
from web.schemas.customers import BulkForm, BulkJobForm, CompaniesFileForm

Page = str | Response | tuple[str, int]


@blueprint.get("/export")
def export() -> Page:
    """How many customers fit what stands in the address, and the button that has the file prepared."""
    asked, session = asking.read(request.args), tenancy.session()
    found = register.count_people(session, asked.filters, most=register.COUNTED + 1)
    narrowed_to = asked.filters.company_id
    names = companies.names_of(session, [narrowed_to]) if narrowed_to else {}
    return render_template(
        "console/customers/export.html",
        asked=asked,
        ids=[],
        count=min(found, register.COUNTED),
        more=found > register.COUNTED,
        narrowed=[words for words, _ in asking.chips(asked, names.get(narrowed_to) if narrowed_to else None)],
        key=new_id().hex,
    )


@blueprint.post("/export")
def export_chosen() -> Page:
    """The same for those who were chosen on the list."""
    form, asked = Form.submitted(BulkForm), asking.read(request.form)
    if form.problems or form.typed["all"] or not form.typed["ids"]:
        return redirect(url_for(".export", **asked.address()), 303)
    count = selected(form.typed).count(tenancy.session(), most=register.COUNTED)
    shown = {"asked": asked, "ids": form.typed["ids"], "count": count, "more": False, "narrowed": []}
    return render_template("console/customers/export.html", key=new_id().hex, **shown)


@blueprint.post("/exports")
def start_export() -> Page:
    """Begins the work; its page is the next one. A second click leads to the same."""
    form = Form.submitted(BulkJobForm)
    if form.attempt(lambda typed: _started(typed)):
        return redirect(url_for("console.jobs.job", job_id=form.result.id), 303)
    return redirect(url_for(".export"), 303)


def _started(typed: dict[str, object]) -> LongJob:
    session, by, key = tenancy.session(), tenancy.actor(), str(typed["key"])
    zone = branding.get_settings(session).zone
    asked = {"key": key, "locale": current_locale(), "zone": zone, "form": str(typed["form"])}
    return exports.start(session, selected(typed), by=by, **asked)


@blueprint.post("/companies/exports")
def start_company_export() -> Page:
    """The companies of the list, as it is narrowed; a second click leads to the same work."""
    form = Form.submitted(CompaniesFileForm)
    if form.attempt(_started_companies):
        return redirect(url_for("console.jobs.job", job_id=form.result.id), 303)
    return redirect(url_for(".company_list"), 303)


def _started_companies(typed: dict[str, str]) -> LongJob:
    session, by = tenancy.session(), tenancy.actor()
    asked = {"key": typed["key"], "locale": current_locale(), "form": typed["form"]}
    zone, filters = branding.get_settings(session).zone, CompanyFilters(search=typed["q"])
    return exports.start_companies(session, filters, by=by, zone=zone, **asked)
