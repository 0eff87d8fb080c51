"""A new task about a customer or a company."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import tasks
from customers.models import Task
from customers.task_errors import TaskInvalid
from infra.i18n import N_
from infra.ids import new_id
from web import tenancy
from web.console.customers import finding
from web.console.customers.interactions import NO_DATE, NOBODY, id_of
from web.console.customers.task_fields import owner_choices, under_fields
from web.console.tasks.blueprint import blueprint
from web.forms import Form
from web.schemas.tasks import NewTaskForm

Page = str | Response | tuple[str, int]


@blueprint.get("/new")
def new() -> Page:
    """The empty form; a page about somebody hands in who it is."""
    given = {name: request.args.get(name, "")[:300] for name in ("person", "company", "q")}
    return _page(Form({**given, "key": new_id().hex}))


@blueprint.post("")
def create() -> Page:
    """Makes it; "find" shows who fits and keeps all that was typed."""
    form = Form.submitted(NewTaskForm)
    if form.value("verb") == "find":
        form.values["person"] = ""
        return _page(Form(form.values))
    if form.attempt(_add):
        flash(N_("The task is made."))
        return redirect(url_for(".task", task_id=form.result.id), 303)
    return _page(form)


def _add(typed: dict[str, Any]) -> Task:
    person, company = finding.find_person(typed["person"]), finding.find_company(typed["company"])
    if person is None and company is None:
        raise TaskInvalid(problems={"q": [NOBODY]})
    if typed["due"] is None:
        raise TaskInvalid(problems={"due": [NO_DATE]})
    with under_fields():
        return tasks.add(
            tenancy.session(),
            what=typed["what"],
            due_at=typed["due"],
            owner_id=typed["owner"] or tenancy.actor().id,
            key=f"form:{typed['key']}",
            by=tenancy.actor(),
            person_id=person.id if person else None,
            company_id=company.id if company else None,
        )


def _page(form: Form) -> tuple[str, int]:
    chosen = finding.the_one(id_of(form.value("person")))
    company = finding.find_company(id_of(form.value("company")))
    words = form.value("q")
    shown = {
        "form": form,
        "chosen": chosen,
        "company": company if chosen is None else None,
        "words": words,
        "found": finding.candidates(words) if chosen is None and words else [],
        "owners": owner_choices(),
        "me": tenancy.actor().id,
    }
    return render_template("console/tasks/new.html", **shown), form.status
