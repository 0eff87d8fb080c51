"""One task: what is known about it, changed, handed on."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from customers import interactions, tasks
from customers.interaction_errors import InteractionNotFound
from customers.models import Interaction, Task
from customers.revisions import revision_of
from customers.task_errors import TaskInvalid
from infra.i18n import N_, current_zone, format_moment, gettext
from tenants import staff
from web import tenancy
from web.console import task_words as words
from web.console.customers import forms
from web.console.customers.interactions import NO_DATE, back_to
from web.console.customers.task_fields import owner_choices, under_fields
from web.console.tasks.blueprint import blueprint
from web.console.tasks.shown import shown
from web.forms import Form
from web.schemas.tasks import OwnerForm, TaskForm

Page = str | Response | tuple[str, int]
TYPED = "%Y-%m-%dT%H:%M"
"""How a browser's field holds a moment."""


@blueprint.get("/<uuid:task_id>")
def task(task_id: UUID) -> Page:
    """The task with what can be done to it."""
    found = tasks.get(tenancy.session(), task_id)
    return page_of(found, stored(found))


@blueprint.post("/<uuid:task_id>")
def save(task_id: UUID) -> Page:
    """Stores what was typed, unless somebody else was faster."""
    found, form = tasks.get(tenancy.session(), task_id), Form.submitted(TaskForm)
    if form.attempt(lambda typed: _changed(found, typed)):
        flash(N_("The task is changed."))
        return redirect(url_for(".task", task_id=task_id), 303)
    return page_of(found, form, forms.overtaken(form, stored(found)))


@blueprint.post("/<uuid:task_id>/owner")
def hand_on(task_id: UUID) -> Page:
    """Leaves it to a colleague."""
    found, form = tasks.get(tenancy.session(), task_id), Form.submitted(OwnerForm)
    if form.attempt(lambda typed: _handed(found, typed)):
        flash(N_("The task is handed on."))
        return redirect(back_to(form.typed["back"], url_for(".task", task_id=task_id)), 303)
    shown_form = stored(found)
    shown_form.problems, shown_form.status = {"owner": list(form.errors("owner"))}, form.status
    return page_of(found, shown_form)


def stored(found: Task) -> Form:
    """The form of what is stored."""
    due = found.due_at.astimezone(current_zone()).strftime(TYPED)
    return Form({"what": found.what, "due": due, "owner": str(found.owner_id), "revision": revision_of(found)})


def page_of(found: Task, form: Form, overtaken: Sequence[str] = ()) -> tuple[str, int]:
    """The page of a task with a form in whatever state, and the fields in which somebody else was faster."""
    session = tenancy.session()
    return (
        render_template(
            "console/tasks/task.html",
            shown=shown([found])[0],
            form=form,
            overtaken=overtaken,
            now=_in_words(found),
            source=gettext(words.SOURCES[found.source]),
            state=gettext(words.STATES[found.state]),
            outcomes=words.OUTCOMES,
            owners=owner_choices(),
            made_by=staff.name_of(session, found.created_by),
            ended_by=staff.name_of(session, found.ended_by),
            came_from=_came_from(found),
        ),
        form.status,
    )


def _changed(found: Task, typed: dict[str, Any]) -> Task:
    if typed["due"] is None:
        raise TaskInvalid(problems={"due": [NO_DATE]})
    due = typed["due"]
    if due.strftime(TYPED) == found.due_at.astimezone(due.tzinfo).strftime(TYPED):
        due = found.due_at  # seconds that no field shows are not lost
    given = {"what": typed["what"], "due_at": due, "owner_id": typed["owner"]}
    with under_fields():
        return tasks.change(tenancy.session(), found, by=tenancy.actor(), revision=typed["revision"], **given)


def _in_words(found: Task) -> Form:
    """What is stored, as it is shown to somebody who typed something else."""
    owner = staff.name_of(tenancy.session(), found.owner_id) or ""
    return Form({"what": found.what, "due": format_moment(found.due_at), "owner": owner})


def _handed(found: Task, typed: dict[str, Any]) -> Task:
    if typed["owner"] is None:
        raise TaskInvalid(problems={"owner": [tasks.NO_OWNER]})
    given = {"owner_id": typed["owner"], "revision": typed["revision"]}
    with under_fields():
        return tasks.change(tenancy.session(), found, by=tenancy.actor(), **given)


def _came_from(found: Task) -> Interaction | None:
    """The contact it follows from, as long as that is there."""
    if found.source_ref is None:
        return None
    try:
        return interactions.get(tenancy.session(), found.source_ref)
    except InteractionNotFound:
        return None
