"""`/tasks`: what is to be done for customers."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from customers import people, task_queries, tasks
from customers.models import Task
from customers.task_queries import TaskFilters
from infra.pages import Page
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.revised import etag, expected
from web.schemas.api import interaction_examples as examples
from web.schemas.api import tasks as schemas
from web.schemas.api.customer_examples import ETAG, MADE_HEADERS

blueprint = ApiBlueprint("tasks", __name__, description="What is to be done for customers.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/tasks")
@blueprint.arguments(schemas.TaskQuery, location="query")
@blueprint.response(200, schemas.TaskPage, example=examples.TASK_PAGE)
def list_tasks(query: dict[str, Any]) -> dict[str, Any]:
    """List tasks: open ones by what is due first, others newest first"""
    return cursors.turn("tasks", query, _page)


@blueprint.post("/tasks")
@blueprint.arguments(schemas.NewTask, example=examples.NEW_TASK)
@blueprint.response(201, schemas.Task, example=examples.TASK, headers=MADE_HEADERS)
def create_task(body: dict[str, Any]) -> Answer:
    """Make a task

    The same `key` again answers what was made before.
    """
    task, status, headers = repeatable.once(lambda: _added(body), _get)
    return task, status, {**headers, **etag(task), "Location": f"/api/v1/tasks/{task.id}"}


@blueprint.get("/tasks/<uuid:task_id>")
@blueprint.response(200, schemas.Task, example=examples.TASK, headers=ETAG)
def get_task(task_id: UUID) -> tuple[Any, dict[str, str]]:
    """Get a task"""
    task = _get(task_id)
    return task, etag(task)


@blueprint.patch("/tasks/<uuid:task_id>")
@blueprint.doc(conditional=True)
@blueprint.arguments(schemas.TaskChange, example={"due_at": "2026-03-06T09:00:00+00:00"})
@blueprint.response(200, schemas.Task, example=examples.TASK, headers=ETAG)
def change_task(body: dict[str, Any], task_id: UUID) -> Answer:
    """Change a task, or hand it on

    Say by `If-Match` with the ETag which state you have seen.
    """
    return _answered(lambda: _changed(task_id, body))


@blueprint.post("/tasks/<uuid:task_id>/completion")
@blueprint.doc(conditional=True)
@blueprint.arguments(schemas.TaskEnd, example=examples.END)
@blueprint.response(200, schemas.Task, example=examples.TASK, headers=ETAG)
def complete_task(body: dict[str, Any], task_id: UUID) -> Answer:
    """Say that a task is done, and how it ended

    Say by `If-Match` with the ETag which state you have seen: a colleague may have ended it otherwise.
    """
    return _answered(lambda: _finished(task_id, body))


@blueprint.delete("/tasks/<uuid:task_id>/completion")
@blueprint.doc(conditional=True)
@blueprint.response(200, schemas.Task, example=examples.TASK, headers=ETAG)
def reopen_task(task_id: UUID) -> Answer:
    """Open a task again that is done or cancelled

    Doing it again does nothing.
    """
    return _answered(lambda: _reopened(task_id))


@blueprint.post("/tasks/<uuid:task_id>/cancellation")
@blueprint.doc(conditional=True)
@blueprint.response(200, schemas.Task, example=examples.TASK, headers=ETAG)
def cancel_task(task_id: UUID) -> Answer:
    """Cancel a task

    Doing it again does nothing.
    """
    return _answered(lambda: _cancelled(task_id))


def _answered(deed: Callable[[], UUID]) -> Answer:
    """The task after a deed, with its new ETag."""
    task, status, headers = repeatable.once(deed, _get, status=200)
    return task, status, {**headers, **etag(task)}


def _get(task_id: UUID) -> Task:
    return tasks.get(tenancy.session(), task_id)


def _added(body: dict[str, Any]) -> UUID:
    """A program's task is a rule's: where nobody is named it falls to the owner of the workspace."""
    given = dict(body)
    key, owner = given.pop("key", None), given.get("owner_id")
    source = "staff" if owner else "rule"
    named = f"api:{key}" if key else None
    return tasks.add(tenancy.session(), by=tenancy.actor(), key=named, source=source, **given).id


def _changed(task_id: UUID, body: dict[str, Any]) -> UUID:
    task = _get(task_id)
    revision = expected(task)
    return tasks.change(tenancy.session(), task, by=tenancy.actor(), revision=revision, **body).id


def _finished(task_id: UUID, body: dict[str, Any]) -> UUID:
    task = _get(task_id)
    return tasks.finish(tenancy.session(), task, by=tenancy.actor(), revision=expected(task), **body).id


def _reopened(task_id: UUID) -> UUID:
    task = _get(task_id)
    return tasks.reopen(tenancy.session(), task, by=tenancy.actor(), revision=expected(task)).id


def _cancelled(task_id: UUID) -> UUID:
    task = _get(task_id)
    return tasks.cancel(tenancy.session(), task, by=tenancy.actor(), revision=expected(task)).id


def _page(*, after: str | None, limit: int, person_id: UUID | None = None, **wanted: Any) -> Page[Task]:
    session = tenancy.session()
    ids = people.ids_of(session, person_id) if person_id is not None else None
    return task_queries.list_tasks(session, TaskFilters(people=ids, **wanted), after=after, limit=limit)
