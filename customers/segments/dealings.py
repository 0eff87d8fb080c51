"""What was done with people, as rules ask for it: consent, messages, and open tasks."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session

from customers.models import Consent, Contact, Person, Task
from customers.purposes import CHOSEN, TABLE
from customers.segments.compile import opposite
from customers.segments.fields import Asking, Field, Fits
from customers.segments.merged import ROOTS, concerns
from infra.i18n import N_

CONSENT, MESSAGES, TASKS = N_("Consent by e-mail"), N_("Messages from us"), N_("Tasks")
GIVEN, WITHDRAWN = "given", "withdrawn"
CONSENT_CHOICES = ((GIVEN, N_("Given")), (WITHDRAWN, N_("Withdrawn")))
MESSAGE = ("within", "beyond", "ever", "never")


def consents(session: Session) -> Iterator[Field]:
    """Of each purpose what counts now; what waits for its confirmation leaves it as it was."""
    for purpose in CHOSEN:
        yield Field(
            f"consent.{purpose.code}",
            CONSENT,
            purpose.name,
            "choice",
            _consent(purpose.code),
            CONSENT_CHOICES,
            cost=60,
        )


def contacts(session: Session) -> Iterator[Field]:
    """Messages that went out or are on their way, of any purpose and of each."""
    yield Field("contacts.any", MESSAGES, N_("Any message"), "moment", _contacted(None), operators=MESSAGE, cost=60)
    for purpose in TABLE:
        yield Field(
            f"contacts.{purpose.code}",
            MESSAGES,
            purpose.name,
            "moment",
            _contacted(purpose.code),
            operators=MESSAGE,
            cost=55,
        )


def tasks(session: Session) -> Iterator[Field]:
    """Whether somebody of us still has to do something for them."""
    yield Field("tasks.open", TASKS, N_("Has an open task"), "boolean", _open_task, operators=("is",), cost=50)


def _open_task(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
    has = concerns(select(Task.person_id).where(Task.state == "open", Task.person_id.is_not(None)))
    return has if value else opposite(has)


def _contacted(purpose: str | None) -> Fits:
    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        query = select(Contact.person_id).where(Contact.state == "requested")
        if purpose is not None:
            query = query.where(Contact.purpose == purpose)
        if operator == "within":
            query = query.where(Contact.due_at >= asking.since(value))
        return concerns(query)

    return fits


def _consent(purpose: str) -> Fits:
    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        found = effective(purpose).subquery()
        wanted = value if operator == "any_of" else [GIVEN, WITHDRAWN]
        whose = select(found.c.root).where(found.c.state.in_(wanted), found.c.root == Person.id)
        return whose.correlate(Person).exists()

    return fits


def effective(purpose: str, channel: str = "email", topic: str = "") -> Select[Any]:
    """Everybody who ever gave or withdrew consent, with what counts now.

    The rules are those of `customers.consent_state`: each one's latest act, where a withdrawal of anybody who was
    merged into them wins until they themselves give consent after the merge.
    """
    whose = (Consent.purpose == purpose, Consent.channel == channel, Consent.topic == topic)
    latest = (
        select(Consent.person_id, Consent.state, Consent.at, Consent.id)
        .where(*whose, Consent.state != "pending")
        .ext(distinct_on(Consent.person_id))
        .order_by(Consent.person_id, Consent.at.desc(), Consent.id.desc())
        .subquery()
    )
    act = latest.c
    root = func.coalesce(ROOTS.c.root, act.person_id)
    own = and_(act.person_id == root, act.state == GIVEN)
    acts = (
        select(
            root.label("root"),
            act.state,
            act.at,
            act.id,
            ROOTS.c.merged_at,
            func.max(act.at).filter(own).over(partition_by=root).label("own_at"),
        )
        .outerjoin(ROOTS, ROOTS.c.id == act.person_id)
        .subquery()
    )
    each = acts.c
    stands = (each.state == WITHDRAWN) & (
        each.merged_at.is_(None) | each.own_at.is_(None) | (each.own_at <= each.merged_at)
    )
    last = func.array_agg(aggregate_order_by(each.state, each.at.desc(), each.id.desc()))
    state = case((func.bool_or(stands), literal(WITHDRAWN)), else_=last[1])
    return select(each.root, state.label("state")).group_by(each.root)


PROVIDERS = (consents, contacts, tasks)
