"""The same change to many people, as long work: an attribute or the company, set or taken away.

Each batch is one statement under the locks of its rows, taken in the order of the ids, so that two such works at
once wait for each other and never for ever. Nobody is changed who is so already: a second run does nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Update, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from customers import companies, typed
from customers.attributes import get as get_attribute
from customers.errors import AttributeInvalid, AttributeNotFound
from customers.events import PersonChanged
from customers.models import Attribute, Person
from customers.revisions import STEP
from customers.selection import Selection
from customers.values import Unfit
from infra import clock, long_jobs, sheets
from infra.events import record_all
from infra.i18n import N_
from infra.long_jobs import LongJob, Work
from tenants import audit
from tenants.permissions import Actor

GONE = "not_found"
EDIT = "customers.edit"
MOST_COUNTED = 10_000_000


@long_jobs.kind(
    "customers.attribute",
    title=N_("Attribute of many customers"),
    permission="customers.edit",
    unit=N_("customers"),
)
def set_attribute(work: Work) -> None:
    """Sets the attribute `work.subject` to `work.ids["value"]`, or takes it away where that is None."""
    value = work.ids["value"]

    def change(session: Session, ids: Sequence[UUID]) -> Update:
        attribute = _in_use(session, work.subject)
        here = Person.attributes.has_key(attribute.code)
        if value is None:
            return _update(ids, here, attributes=Person.attributes.op("-")(attribute.code))
        wanted = literal({attribute.code: value}, JSONB)
        return _update(ids, ~Person.attributes.contains(wanted), attributes=Person.attributes.op("||")(wanted))

    _run(work, change)


@long_jobs.kind(
    "customers.company", title=N_("Company of many customers"), permission="customers.edit", unit=N_("customers")
)
def set_company(work: Work) -> None:
    """Sets everybody's company to `work.subject`, or takes it away where that is None."""

    def change(session: Session, ids: Sequence[UUID]) -> Update:
        company = companies.get(session, work.subject).id if work.subject else None
        return _update(ids, Person.company_id.is_distinct_from(company), company_id=company)

    _run(work, change)


def start_attribute(
    session: Session, selection: Selection, attribute_id: UUID, value: Any, *, by: Actor, key: str
) -> LongJob:
    """Begins it; the same key begins it once. An empty value takes the attribute away.

    Raises AttributeNotFound, AttributeInvalid.
    """
    attribute = _in_use(session, attribute_id)
    try:
        stored = typed.typed(attribute, value)
    except Unfit as unfit:
        raise AttributeInvalid(problems={"value": [unfit.sentence]}) from unfit
    return _start(session, set_attribute, selection, by=by, key=key, subject=attribute.id, value=stored)


def start_company(
    session: Session, selection: Selection, company_id: UUID | None, *, by: Actor, key: str
) -> LongJob:
    """Begins it; None takes the company away. Raises CompanyNotFound."""
    company = companies.get(session, company_id).id if company_id else None
    return _start(session, set_company, selection, by=by, key=key, subject=company)


def _start(
    session: Session, kind: long_jobs.Kind, selection: Selection, *, by: Actor, key: str, **more: Any
) -> LongJob:
    total = selection.count(session, most=MOST_COUNTED)
    kept = selection.without_values(session).to_codes()
    work = long_jobs.start(session, kind, by=by, key=key, total=total, selection=kept, **more)
    if work.is_new:
        deed = kind.name.rpartition(".")[2]
        audit.record(session, "customers.changed_in_bulk", by=by, deed=deed, job=work.id)
    return work


def _run(work: Work, change: Callable[[Session, Sequence[UUID]], Update]) -> None:
    selection, done = Selection.from_codes(work.ids["selection"]), 0
    with work.session() as session:
        missing = selection.missing(session)
    for ids in selection.batches(work):
        with work.session() as session:
            session.execute(select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update())
            changed = session.scalars(change(session, ids)).all()
            record_all(session, [PersonChanged(subject=person) for person in changed])
        done += len(ids)
        work.advance(done)
    if missing:
        work.store_errors(_errors(missing), len(missing))


def _update(ids: Sequence[UUID], differs: ColumnElement[bool], **values: Any) -> Update:
    moment = func.greatest(literal(clock.now()), Person.updated_at + STEP)
    query = update(Person).where(
        Person.id.in_(ids), differs, Person.merged_into.is_(None), Person.erased_at.is_(None)
    )
    found: Update = query.values(updated_at=moment, **values).returning(Person.id)
    return found.execution_options(synchronize_session=False)


def _errors(missing: Sequence[UUID]) -> Iterator[bytes]:
    yield sheets.head(("id", "reason"))
    yield sheets.lines((str(each), GONE) for each in missing)


def _in_use(session: Session, attribute_id: UUID | None) -> Attribute:
    attribute = get_attribute(session, attribute_id) if attribute_id else None
    if attribute is None or attribute.archived_at is not None or attribute.subject != "person":
        raise AttributeNotFound()
    return attribute
