"""What was done with people, as rules ask for it: consent, messages, and open tasks."""

from collections.abc import Iterator, Set
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session, aliased

from customers import topics
from customers.models import Consent, Contact, Person, Task
from customers.purposes import CHOSEN, TABLE
from customers.segments.compile import opposite
from customers.segments.fields import Asking, Field, Fits
from customers.segments.merged import ROOTS, concerns, others
from infra.i18n import N_, current_locale, gettext

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
    yield from _of_topics(session)


def _of_topics(session: Session) -> Iterator[Field]:
    """Of each topic, in the tenant's words: what counts for it and not only for its purpose."""
    chosen = {purpose.code: gettext(purpose.name) for purpose in CHOSEN}
    choices = [(code, gettext(label)) for code, label in CONSENT_CHOICES]
    for topic in topics.list_topics(session, archived=True):
        yield Field(
            f"consent.{topic.purpose}.{topic.code}",
            CONSENT,
            f"{chosen.get(topic.purpose, topic.purpose)}: {topics.name_of(topic, current_locale())}",
            "choice",
            _topic_consent(topic.purpose, topic.code),
            choices,
            own=True,
            offered=topic.archived_at is None,
            cost=70,
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
    has = concerns(select(Task.person_id).where(Task.state == "open", Task.person_id.is_not(None)), asking)
    return has if value else opposite(has)


def _contacted(purpose: str | None) -> Fits:
    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        query = select(Contact.person_id).where(Contact.state == "requested")
        if purpose is not None:
            query = query.where(Contact.purpose == purpose)
        if operator == "within":
            query = query.where(Contact.due_at >= asking.since(value))
        return concerns(query, asking)

    return fits


def _consent(purpose: str) -> Fits:
    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        wanted = set(value) if operator == "any_of" else {GIVEN, WITHDRAWN}
        latest = _latest(purpose, wanted)
        if asking.alone:
            return Person.id.in_(latest)
        found = together(purpose).subquery()
        merged = select(found.c.root).where(found.c.state.in_(wanted), found.c.root == Person.id)
        own = latest.where(latest.selected_columns.person_id == Person.id).correlate(Person).exists()
        return or_(and_(~others(), own), merged.correlate(Person).exists())

    return fits


def _topic_consent(purpose: str, topic: str) -> Fits:
    """A topic goes by its own acts, else by its purpose's; a purpose that was withdrawn later takes it along."""

    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        wanted = value if operator == "any_of" else [GIVEN, WITHDRAWN]
        own = together(purpose, topic=topic, everybody=True).subquery()
        whole = together(purpose, everybody=True).subquery()
        later = (own.c.state == GIVEN) & (whole.c.state == WITHDRAWN) & (whole.c.at > own.c.at)
        state = case((own.c.root.is_(None), whole.c.state), (later, literal(WITHDRAWN)), else_=own.c.state)
        both = own.join(whole, own.c.root == whole.c.root, full=True)
        found = select(func.coalesce(own.c.root, whole.c.root)).select_from(both).where(state.in_(wanted))
        return Person.id.in_(found)

    return fits


def _latest(purpose: str, wanted: Set[str], channel: str = "email", topic: str = "") -> Select[UUID]:
    """Whose latest act is a wanted one: there is one, and no other kind came after it.

    Asked so, a million acts are read and hashed, where finding everybody's latest would sort them.
    """
    act, later = aliased(Consent), aliased(Consent)
    opposed = {GIVEN, WITHDRAWN} - wanted
    found = select(act.person_id).where(*_about(act, purpose, channel, topic), act.state.in_(wanted))
    if not opposed:
        return found
    after = exists().where(
        later.person_id == act.person_id,
        *_about(later, purpose, channel, topic),
        later.state.in_(opposed),
        tuple_(later.at, later.id) > tuple_(act.at, act.id),
    )
    return found.where(~after.correlate(act))


def _about(act: Any, purpose: str, channel: str, topic: str) -> tuple[ColumnElement[bool], ...]:
    return act.purpose == purpose, act.channel == channel, act.topic == topic


def together(purpose: str, channel: str = "email", topic: str = "", *, everybody: bool = False) -> Select[Any]:
    """Of those into whom somebody was merged and who ever gave or withdrew consent, what counts now and since when.

    The rules are those of `customers.consent_state`: each one's latest act, where a withdrawal of anybody who was
    merged into them wins until they themselves give consent after the merge. With `everybody` it is told of all.
    """
    involved = true() if everybody else Consent.person_id.in_(union_all(select(ROOTS.c.id), select(ROOTS.c.root)))
    latest = (
        select(Consent.person_id, Consent.state, Consent.at, Consent.id)
        .where(*_about(Consent, purpose, channel, topic), Consent.state != "pending", involved)
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
    since = func.coalesce(func.max(each.at).filter(stands), func.max(each.at))
    return select(each.root, state.label("state"), since.label("at")).group_by(each.root)


PROVIDERS = (consents, contacts, tasks)
