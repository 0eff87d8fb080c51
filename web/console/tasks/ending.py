"""A task is done with its outcome, cancelled, or opened again."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from customers import tasks
from customers.models import Task
from infra.i18n import N_
from web import tenancy, undo
from web.console.customers.interactions import back_to
from web.console.tasks.blueprint import blueprint
from web.console.tasks.one import page_of, stored
from web.forms import Form
from web.schemas.tasks import EndForm

Page = str | Response | tuple[str, int]


@blueprint.post("/<uuid:task_id>/completion")
def finish(task_id: UUID) -> Page:
    """Done; the button that was pressed says how it ended."""
    return _ended(task_id, _finished, N_("The task is done."))


@blueprint.post("/<uuid:task_id>/cancellation")
def cancel(task_id: UUID) -> Page:
    """Nobody has to do it any more."""
    return _ended(task_id, _cancelled, N_("The task is cancelled."))


@blueprint.post("/<uuid:task_id>/reopening")
def reopen(task_id: UUID) -> Response:
    """It is to be done after all."""
    tasks.reopen(tenancy.session(), tasks.get(tenancy.session(), task_id), by=tenancy.actor())
    flash(N_("The task is open again."))
    return redirect(url_for(".task", task_id=task_id), 303)


def _ended(task_id: UUID, end: Callable[[Task, dict[str, Any]], Task], said: str) -> Page:
    """Back to where they were, with the way to take it back; or the task with what was wrong."""
    found, form = tasks.get(tenancy.session(), task_id), Form.submitted(EndForm)
    if form.attempt(lambda typed: end(found, typed)):
        undo.offer(said, url_for(".reopen", task_id=task_id))
        return redirect(back_to(form.typed["back"], url_for(".task", task_id=task_id)), 303)
    return _refused(task_id, form)


def _finished(found: Task, typed: dict[str, Any]) -> Task:
    given = {name: typed[name] for name in ("outcome", "note", "revision")}
    return tasks.finish(tenancy.session(), found, by=tenancy.actor(), **given)


def _cancelled(found: Task, typed: dict[str, Any]) -> Task:
    given = {name: typed[name] for name in ("note", "revision")}
    return tasks.cancel(tenancy.session(), found, by=tenancy.actor(), **given)


def _refused(task_id: UUID, form: Form) -> Page:
    """The page of the task with what was wrong, and with the note that was typed."""
    found = tasks.get(tenancy.session(), task_id)
    shown = stored(found)
    shown.problems, shown.status = form.problems, form.status
    shown.values["note"] = form.value("note")
    return page_of(found, shown)
