"""What needs an operator now, and whether everything that must run does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from flask import Blueprint, render_template

from infra import clock
from infra.i18n import N_
from infra.jobs import looking
from infra.jobs.looking import Looked
from tenants.operators import overview
from tenants.operators.overview import Numbers
from web import tenancy
from web.health import readiness
from web.platform.operator.parts import Parts

blueprint = Blueprint("overview", __name__)

LATE = timedelta(minutes=5)
"""How old the head of a queue may become before somebody should look."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something to look after: how many, in words, and where. `kind` is "bad" or "watch"."""

    count: int
    words: str
    endpoint: str
    kind: str = "watch"
    query: dict[str, str] = field(default_factory=dict)


@blueprint.get("/")
def index() -> str:
    """Everything is read with a deadline; a part that does not answer says so."""
    parts = Parts()
    numbers = parts.ask(overview.read)
    looked = parts.call(partial(looking.look, tenancy.services().settings))
    components = readiness().states()
    needs = [*_of_control(numbers), *_of_queues(looked), *_of_components(components)]
    return render_template(
        "platform/operator/overview.html",
        numbers=numbers,
        looked=looked,
        components=components,
        needs=sorted((need for need in needs if need.count), key=lambda need: need.kind),
    )


def _of_control(numbers: Numbers | None) -> Iterator[Need]:
    if numbers is None:
        return
    mails, own = numbers.mails, numbers.platform_mails
    yield Need(
        numbers.failed_deliveries, N_("Event deliveries that failed for good"), "operator.failures.index", "bad"
    )
    yield Need(numbers.failed_jobs, N_("Jobs that failed for good"), "operator.failures.index", "bad")
    yield Need(
        numbers.failed_migrations, N_("Workspaces whose migration failed"), "operator.migrations.index", "bad"
    )
    yield Need(numbers.unseen, N_("Workspaces nobody has visited for half an hour"), "operator.work.index", "bad")
    yield Need(numbers.stuck_mails, N_("Workspaces whose mail waits too long"), "operator.mail.index", "bad")
    yield Need(numbers.stuck_events, N_("Workspaces whose events wait too long"), "operator.work.index", "bad")
    yield Need(len(numbers.full_cells), N_("Cells that are nearly full"), "operator.cells.index")
    yield Need(numbers.behind, N_("Workspaces behind the newest migration"), "operator.migrations.index")
    yield Need(mails.unknown + own.unknown, N_("Mails with an unknown fate, last 7 days"), "operator.mail.index")
    yield Need(own.failed, N_("Mails of the platform that were refused, last 7 days"), "operator.mail.index")
    yield Need(
        numbers.failing_domains,
        N_("Custom domains that lost their proof"),
        "operator.tenants.index",
        query={"domains": "failing"},
    )
    yield Need(
        numbers.broken_logs,
        N_("Workspaces whose audit log is not what was sealed"),
        "operator.tenants.index",
        "bad",
        {"log": "broken"},
    )
    yield Need(numbers.abuse, N_("Reports of abuse that wait for a decision"), "operator.abuse.index", "bad")


def _of_queues(looked: Looked | None) -> Iterator[Need]:
    if looked is None:
        return
    limit = clock.now() - LATE
    late = sum(1 for queue in looked.queues if queue.oldest_at is not None and queue.oldest_at < limit)
    yield Need(late, N_("Queues whose oldest job waits longer than five minutes"), "operator.work.index", "bad")
    yield Need(0 if looked.workers else 1, N_("No worker is alive"), "operator.work.index", "bad")
    yield Need(len(looked.failed), N_("Jobs that were cut off in the last hour"), "operator.work.index")


def _of_components(states: dict[str, str]) -> Iterator[Need]:
    away = sum(1 for state in states.values() if state != "ok")
    yield Need(away, N_("Components that do not answer"), "operator.overview.index", "bad")
