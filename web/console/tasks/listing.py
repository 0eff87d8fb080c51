"""My tasks and everybody's, what is overdue first; and how long it took until somebody was in contact."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from customers import contact_times, people, task_queries
from customers.contact_times import ContactTimes
from customers.models import Person, Task
from customers.task_queries import TaskFilters
from infra.i18n import N_, gettext
from infra.pages import CursorInvalid, Page
from web import tenancy
from web.console import task_words as words
from web.console.customers import frame
from web.console.customers.task_fields import owner_choices
from web.console.tasks.blueprint import blueprint
from web.console.tasks.shown import days, shown, today
from web.schemas.tasks import TasksOfPersonQuery, TasksQuery

PAGE = 50
COUNTED = 1_000
WITHIN = timedelta(hours=24)
"""Within how long most promise to be in contact."""
ALL, MINE = "all", "mine"
DUE = {"": N_("Any time"), "overdue": N_("Overdue"), "today": N_("Today"), "week": N_("Within 7 days")}


@blueprint.get("")
def index() -> str:
    """The list with its filters in the address."""
    query = TasksQuery().load(request.args)
    me = tenancy.actor().id
    owner = _owner(query["whose"], me)
    filters = TaskFilters(state=query["state"], owner_id=owner, **_due(query["due"]))
    session = tenancy.session()
    page = task_queries.list_tasks(session, filters, after=query["after"], limit=PAGE)
    return render_template(
        "console/tasks/index.html",
        tasks=shown(page.items),
        total=task_queries.count_tasks(session, filters, most=COUNTED),
        counted=COUNTED,
        query=query,
        owner=owner,
        me=me,
        here=request.full_path.removesuffix("?"),
        next_url=_address(query, after=page.next_cursor) if page.next_cursor else None,
        first_url=_address(query) if query["after"] else None,
        chips_of=_chips(query, owner, me),
        owners=owner_choices(),
        outcomes=words.OUTCOMES,
        times=_times(contact_times.measure(session, within=WITHIN, owner_id=owner)),
    )


@blueprint.get("/of/<uuid:person_id>")
def of_person(person_id: UUID) -> str | Response:
    """The tab of one customer: what is open, and below it what was done."""
    person, query = frame.the_person(person_id), TasksOfPersonQuery().load(request.args)
    lists = {name: _of(person, name, query[name]) for name in ("open", "over")}
    return render_template(
        "console/tasks/of_person.html",
        lists=lists,
        tasks={name: shown(page.items) for name, page in lists.items()},
        query=query,
        here=url_for(".of_person", person_id=person.id),
        outcomes=words.OUTCOMES,
        **frame.head(person, "of_person"),
    )


def _of(person: Person, state: str, after: str | None) -> Page[Task]:
    """A page of somebody's tasks; an address that names no place of the list begins it anew."""
    session = tenancy.session()
    filters = TaskFilters(state=state, people=people.ids_of(session, person.id))
    try:
        return task_queries.list_tasks(session, filters, after=after, limit=PAGE)
    except CursorInvalid:
        return task_queries.list_tasks(session, filters, limit=PAGE)


def _address(query: Mapping[str, Any], **changed: Any) -> str:
    """The page with its filters, some of them changed; from its beginning unless `after` is named."""
    parts = {name: query[name] for name in ("whose", "state", "due")} | changed
    usual = {"whose": MINE, "state": "open", "due": ""}
    return url_for(".index", **{name: value for name, value in parts.items() if value != usual.get(name)})


def _chips(query: Mapping[str, Any], owner: UUID | None, me: UUID | None) -> dict[str, list[tuple[str, str, bool]]]:
    """The filters with their addresses, and which of them are on."""
    return {
        "whose": [
            (gettext("Mine"), _address(query, whose=MINE), owner == me),
            (gettext("Everybody's"), _address(query, whose=ALL), owner is None),
        ],
        "state": [
            (gettext(said), _address(query, state=code, due=""), query["state"] == code)
            for code, said in words.STATES.items()
        ],
        "due": [(gettext(said), _address(query, due=code), query["due"] == code) for code, said in DUE.items()],
    }


def _owner(whose: str, me: UUID | None) -> UUID | None:
    """None for everybody's; mine for whatever is no id."""
    if whose == ALL:
        return None
    try:
        return UUID(whose)
    except ValueError:
        return me


def _due(due: str) -> dict[str, Any]:
    if due == "overdue":
        return {"before": today()}
    if due == "today":
        return {"since": today(), "before": days(1)}
    return {"before": days(7)} if due == "week" else {}


def _times(found: ContactTimes) -> dict[str, Any]:
    """The figures as sentences that name their uncertainty."""
    share = found.share
    return {
        "cases": found.cases,
        "contacted": found.contacted,
        "cut": found.cut,
        "enough": found.contacted >= contact_times.FEWEST,
        "fewest": contact_times.FEWEST,
        "median": _span(found.median),
        "ninetieth": _span(found.ninetieth),
        "share": share if share.value is not None else None,
    }


def _span(found: contact_times.Span) -> tuple[str, str]:
    """The value, and its interval in words."""
    if found.value is None:
        return gettext("not yet known"), ""
    low = words.span(found.low if found.low is not None else 0)
    if found.high is None:
        return words.span(found.value), gettext("at least %(low)s", low=low)
    return words.span(found.value), gettext("%(low)s to %(high)s", low=low, high=words.span(found.high))
