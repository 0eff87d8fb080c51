"""What needs me today: one line for each kind of thing that waits for somebody, and one question for all of them.

A domain that has something to wait for adds a line to NEEDS: who may see it, how it is counted (a SELECT of one
number, cheap), the sentence, and the page that deals with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select

from customers.task_queries import TaskFilters, count_query
from infra import long_jobs
from infra.i18n import N_, format_number, ngettext
from surveys import low, unpublished
from tenants import attention
from tenants.permissions import Actor
from web import tenancy
from web.console.tasks.shown import days, today

COUNTED = 100
"""Tasks are counted up to here."""
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Need:
    """One kind of thing that waits. `most`: it is counted up to there, and "more than" is said from there on."""

    permission: str
    count: Callable[[Actor], Select[int]]
    sentence: Callable[[int, str], str]
    verb: str
    endpoint: str
    tone: str = "watch"
    """ "bad" where something is broken or somebody is unhappy, "watch" where something waits."""
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A need that there is."""

    count: int
    sentence: str
    verb: str
    endpoint: str
    tone: str


def _low(n: int, count: str) -> str:
    return ngettext(
        "One low answer with words came in within seven days, and nobody has looked at it.",
        "%(count)s low answers with words came in within seven days, and nobody has looked at them.",
        n,
        count=count,
    )


def _overdue(n: int, count: str) -> str:
    return ngettext("One task of yours is overdue.", "%(count)s tasks of yours are overdue.", n, count=count)


def _today(n: int, count: str) -> str:
    return ngettext("One task of yours is due today.", "%(count)s tasks of yours are due today.", n, count=count)


def _failed(n: int, count: str) -> str:
    return ngettext(
        "One piece of your background work has failed.",
        "%(count)s pieces of your background work have failed.",
        n,
        count=count,
    )


def _paused(n: int, count: str) -> str:
    return ngettext(
        "One webhook kept failing and is paused; its program hears of nothing.",
        "%(count)s webhooks kept failing and are paused; their programs hear of nothing.",
        n,
        count=count,
    )


def _domains(n: int, count: str) -> str:
    return ngettext(
        "One domain waits for its records to be set or found again.",
        "%(count)s domains wait for their records to be set or found again.",
        n,
        count=count,
    )


def _keys(n: int, count: str) -> str:
    return ngettext(
        "One API key that is in use ends within two weeks.",
        "%(count)s API keys that are in use end within two weeks.",
        n,
        count=count,
    )


def _second_factor(n: int, count: str) -> str:
    return ngettext(
        "One colleague has not set up the second factor that you ask for.",
        "%(count)s colleagues have not set up the second factor that you ask for.",
        n,
        count=count,
    )


def _changed(n: int, count: str) -> str:
    return ngettext(
        "One live survey of yours has changes that customers do not see yet.",
        "%(count)s live surveys of yours have changes that customers do not see yet.",
        n,
        count=count,
    )


def _drafts(n: int, count: str) -> str:
    return ngettext(
        "One survey of yours was never published.",
        "%(count)s surveys of yours were never published.",
        n,
        count=count,
    )


def _invitations(n: int, count: str) -> str:
    return ngettext(
        "One invited colleague has not answered yet.",
        "%(count)s invited colleagues have not answered yet.",
        n,
        count=count,
    )


# fmt: off
NEEDS: tuple[Need, ...] = (
    Need("responses.read", lambda who: low.count_waiting(), _low, N_("Read low answers"),
         "console.home.low_answers", "bad", low.COUNTED),
    Need("customers.read", lambda who: _tasks(who, before=today()), _overdue, N_("See my tasks"),
         "console.tasks.index", "bad", COUNTED),
    Need("customers.read", lambda who: _tasks(who, since=today(), before=days(1)), _today, N_("See my tasks"),
         "console.tasks.index", "watch", COUNTED),
    Need("console.read", lambda who: long_jobs.failed_unseen(who.id), _failed, N_("See what failed"),
         "console.jobs.index", "bad"),
    Need("webhooks.read", lambda who: attention.webhooks_paused(), _paused, N_("Check webhooks"),
         "console.settings.webhooks", "bad"),
    Need("domains.manage", lambda who: attention.domains_without_proof(), _domains, N_("Check domains"),
         "console.settings.domains"),
    Need("api_keys.manage", lambda who: attention.keys_ending(), _keys, N_("Rotate keys"),
         "console.settings.api_keys"),
    Need("staff.manage", lambda who: attention.members_without_second_factor(), _second_factor, N_("See people"),
         "console.settings.people_list"),
    Need("surveys.publish", lambda who: unpublished.count_changed(who.id), _changed, N_("See surveys"),
         "console.surveys.index"),
    Need("surveys.publish", lambda who: unpublished.count_drafts(who.id), _drafts, N_("Finish surveys"),
         "console.surveys.index"),
    Need("staff.manage", lambda who: attention.invitations_open(), _invitations, N_("See invitations"),
         "console.settings.people_list"),
)
"""What is broken or about somebody unhappy first, then what waits."""
# fmt: on


def _tasks(who: Actor, before: datetime, since: datetime | None = None) -> Select[int]:
    """Open tasks of the one who looks, counted up to COUNTED."""
    return count_query(TaskFilters(state="open", owner_id=who.id or NOBODY, since=since, before=before), COUNTED)


def waiting() -> list[Waiting]:
    """What waits for the one who looks, in the order of NEEDS; one statement, however many kinds there are."""
    who = tenancy.actor()
    mine = [need for need in NEEDS if who.may(need.permission)]
    counts = tenancy.session().execute(select(*(need.count(who).scalar_subquery() for need in mine))).one()
    return [_waiting(need, count) for need, count in zip(mine, counts, strict=True) if count]


def _waiting(need: Need, count: int) -> Waiting:
    more = need.most is not None and count >= need.most
    said = need.sentence(count, format_number(count) + ("+" if more else ""))
    return Waiting(count, said, need.verb, need.endpoint, need.tone)
