"""How long it takes until somebody is in contact with a customer after a task was made for them.

Tasks without a contact so far count for as long as they have waited, so that waiting long does not look fast: the
share in contact is the product-limit estimate of E. L. Kaplan and P. Meier, JASA 53, 1958, its variance M.
Greenwood's of 1926, its interval on the log-log scale (Kalbfleisch and Prentice, 1980), and that of the quantiles
all times at which the interval of the share holds the quantile (R. Brookmeyer and J. Crowley, Biometrics 38, 1982).
All intervals are two-sided 95 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import exp, log, sqrt
from statistics import NormalDist
from uuid import UUID

from sqlalchemy import Select, String, cast, func, or_, select, update
from sqlalchemy.orm import Session

from customers.models.contact import Contact
from customers.models.interactions import WRITTEN, Interaction
from customers.models.tasks import Task
from infra import clock

Z = NormalDist().inv_cdf(0.975)
PERIOD = timedelta(days=90)
MOST = 20_000
"""The newest tasks of the period that are read."""
FEWEST = 5
"""Contacts below which no quantile is said."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One task: how long until the contact, or how long it has waited without one. In seconds."""

    seconds: float
    contacted: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A quantile of the waiting times with its interval, in seconds. None: it cannot be told yet."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """The part of tasks with a contact within `within` seconds, from 0 to 1, with its interval."""

    within: float
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ContactTimes:
    """What the page says: how many tasks, how many with a contact, and the figures."""

    cases: int
    contacted: int
    median: Span
    ninetieth: Span
    share: Share
    cut: bool = False
    """Whether there were more tasks than MOST, and only the newest are in it."""


@dataclass(frozen=True, slots=True)
class Step:
    """From this time on, the part still without a contact, and bounds of it."""

    seconds: float
    waiting: float
    low: float
    high: float


def note_contact(session: Session, ids: Sequence[UUID], at: datetime) -> None:
    """Somebody of these ids was in contact with us at that time; the first such contact after a task counts."""
    earlier = or_(Task.first_contact_at.is_(None), Task.first_contact_at > at)
    query = update(Task).where(Task.person_id.in_(ids), Task.created_at <= at, earlier).values(first_contact_at=at)
    session.execute(query.execution_options(synchronize_session="fetch"))


def recount(session: Session, ids: Sequence[UUID]) -> None:
    """Finds the first contact of each task of these ids anew, after one was changed or taken away.

    A letter that was stopped before it went out is none.
    """
    stopped = select(func.concat(WRITTEN, cast(Contact.id, String)))
    stopped = stopped.where(Contact.person_id.in_(ids), Contact.state == "cancelled")
    first = (
        select(func.min(Interaction.at))
        .where(Interaction.person_id.in_(ids), Interaction.at >= Task.created_at, ~Interaction.automatic)
        .where(Interaction.key.not_in(stopped))
        .correlate(Task)
        .scalar_subquery()
    )
    query = update(Task).where(Task.person_id.in_(ids)).values(first_contact_at=first)
    session.execute(query.execution_options(synchronize_session="fetch"))


def measure(
    session: Session, *, within: timedelta, owner_id: UUID | None = None, period: timedelta = PERIOD
) -> ContactTimes:
    """The figures of tasks about people that were made within the period, of one owner or all."""
    moment = clock.now()
    rows = session.execute(_tasks(moment - period, owner_id)).all()
    waits = [_wait(moment, row.created_at, row.first_contact_at, row.ended_at) for row in rows[:MOST]]
    return figures(waits, within, cut=len(rows) > MOST)


def figures(waits: Sequence[Wait], within: timedelta, *, cut: bool = False) -> ContactTimes:
    """The figures of these waits."""
    contacted = sum(wait.contacted for wait in waits)
    steps = survival(waits)
    enough = contacted >= FEWEST
    unknown = Span(None, None, None)
    return ContactTimes(
        cases=len(waits),
        contacted=contacted,
        median=quantile(steps, 0.5) if enough else unknown,
        ninetieth=quantile(steps, 0.9) if enough else unknown,
        share=share_within(waits, steps, within.total_seconds()),
        cut=cut,
    )


def survival(waits: Sequence[Wait]) -> list[Step]:
    """The steps of the curve in order of time; of a contact and an end at once, the contact is first."""
    steps: list[Step] = []
    left, waiting, spread = len(waits), 1.0, 0.0
    for seconds, group in groupby(sorted(waits, key=lambda wait: wait.seconds), key=lambda wait: wait.seconds):
        same = list(group)
        reached = sum(wait.contacted for wait in same)
        if reached:
            waiting *= 1 - reached / left
            spread += reached / (left * (left - reached)) if left > reached else 0.0
            steps.append(Step(seconds, waiting, *_bounds(waiting, spread, len(waits))))
        left -= len(same)
    return steps


def quantile(steps: Sequence[Step], part: float) -> Span:
    """When that part had a contact, with its interval; None where the curve has not come so far."""
    rest = 1 - part + 1e-12  # a curve that stands exactly there has reached it
    value = next((step.seconds for step in steps if step.waiting <= rest), None)
    low = next((step.seconds for step in steps if step.low <= rest), None)
    high = next((step.seconds for step in steps if step.high <= rest), None)
    return Span(value, low if value is not None else None, high if value is not None else None)


def share_within(waits: Sequence[Wait], steps: Sequence[Step], seconds: float) -> Share:
    """The part with a contact by then. Unknown while nobody has waited so long."""
    if not any(wait.contacted or wait.seconds >= seconds for wait in waits):
        return Share(seconds, None, None, None)
    past = [step for step in steps if step.seconds <= seconds]
    if not past:
        beyond = sum(wait.seconds >= seconds for wait in waits)
        return Share(seconds, 0.0, 0.0, _none_of(beyond))
    last = past[-1]
    return Share(seconds, 1 - last.waiting, max(0.0, 1 - last.high), min(1.0, 1 - last.low))


def _tasks(since: datetime, owner_id: UUID | None) -> Select[datetime, datetime | None, datetime | None]:
    query = (
        select(Task.created_at, Task.first_contact_at, Task.ended_at)
        .where(Task.person_id.is_not(None), Task.created_at >= since)
        .where(or_(Task.state != "cancelled", Task.first_contact_at.is_not(None)))
        .order_by(Task.created_at.desc())
        .limit(MOST + 1)
    )
    return query if owner_id is None else query.where(Task.owner_id == owner_id)


def _wait(moment: datetime, made: datetime, contact: datetime | None, ended: datetime | None) -> Wait:
    until = contact or ended or moment
    return Wait(max(0.0, (until - made).total_seconds()), contact is not None)


def _bounds(waiting: float, spread: float, n: int) -> tuple[float, float]:
    """The interval of a part between 0 and 1, on the log-log scale, which never leaves it."""
    if waiting <= 0:
        return 0.0, _none_of(n)
    if spread <= 0:
        return waiting, waiting
    reach = Z * sqrt(spread) / abs(log(waiting))
    return waiting ** exp(reach), waiting ** exp(-reach)


def _none_of(n: int) -> float:
    """The upper end of a part of which none were seen among n: E. B. Wilson's, JASA 22, 1927."""
    return Z * Z / (n + Z * Z) if n else 1.0
