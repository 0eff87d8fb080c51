"""Taking an import back, from its last row to its first, so that who was changed twice becomes as at first.

A row that is taken back is forgotten in the same transaction: a worker that is killed leaves the rest to the next.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from customers import attributes, events, mailboxes, tokens
from customers.attributes import list_attributes
from customers.imports import consents
from customers.imports.work import one_at_a_time, starter_of
from customers.models import Company, Consent, Duplicate, Import, ImportRow, Interaction, Person
from customers.models.segments import SegmentMember
from infra import clock, long_jobs
from infra.crypto.keys import TenantKeys
from infra.db import TenantBase, TenantRef
from infra.events import record, record_all
from infra.i18n import N_
from infra.jobs import job
from infra.long_jobs import Work
from infra.services import Services
from infra.storage import StorageKey
from tenants.permissions import Actor

BATCH = 500
DONE = ("added", "updated")
MOST_LEFT = 1_000
"""Who was left is listed up to here."""
KEPT = timedelta(days=30)
UNFINISHED_KEPT = timedelta(days=7)
FLAG = "imports_old"
PERSON = "person_id"
NO_TRACE = (SegmentMember.__tablename__,)
"""Tables that hold nobody's deeds: whoever goes just leaves the lists they were on."""


@long_jobs.kind(
    "customers.import_undo", title=N_("Undoing of an import"), permission="customers.import", unit=N_("rows")
)
def take_back(work: Work) -> None:
    """Takes `work.subject` back; who was changed since is left, and listed."""
    done, keys = 0, work.services.keys.for_tenant(work.tenant)
    _take_back_consents(work)
    while True:
        removed: list[UUID] = []
        with work.session() as session:
            one_at_a_time(session, work)
            held = session.get_one(Import, work.subject, with_for_update=True)
            query = select(ImportRow).where(ImportRow.import_id == held.id, ImportRow.kind.in_(DONE))
            rows = session.scalars(query.order_by(ImportRow.row.desc()).limit(BATCH)).all()
            if not rows:
                _end(session, held, starter_of(session, work))
                break
            removed = _take_back(session, keys, held, rows, starter_of(session, work))
            session.execute(_forget([row.row for row in rows], held))
        for person in removed:  # only now: a row that came back with a rollback must stay readable
            work.services.keys.destroy_person(work.tenant, person)
        done += len(rows)
        work.advance(done)


def count_rows(session: Session, held: Import) -> int:
    """How many rows are to be taken back: fewer than were done where the file changed somebody whom it added."""
    there = (ImportRow.import_id == held.id, ImportRow.kind.in_(DONE))
    return session.scalar(select(func.count()).select_from(ImportRow).where(*there)) or 0


def _take_back_consents(work: Work) -> None:
    """Before anybody goes: whoever is left must not keep what nobody stands for any more."""
    with work.session() as session:
        held = session.get_one(Import, work.subject)
        people = list(consents.people_of(session, held))
    for begin in range(0, len(people), BATCH):
        with work.session() as session:
            one_at_a_time(session, work)
            held = session.get_one(Import, work.subject, with_for_update=True)
            count = consents.take_back(session, held, people[begin : begin + BATCH], starter_of(session, work))
            _report(held, consents=int(held.made.get("report", {}).get("consents", 0)) + count)
        work.advance(0)


def _end(session: Session, held: Import, by: Actor) -> None:
    """Companies and attributes that nobody uses go too; the report names those that stay."""
    removed = _remove_companies(session, held)
    archived, kept = _archive_attributes(session, held, by)
    companies_kept = max(int(held.counts.get("companies", 0)) - removed, 0)
    _report(
        held,
        companies=removed,
        companies_kept=companies_kept,
        attributes=archived,
        attributes_kept=kept,
        withdrawals_kept=int(held.counts.get("withdrawals", 0)),
    )
    held.state, held.undone_at = "undone", clock.now()
    record(session, events.ImportUndone(subject=held.id, left=int(held.counts.get("left", 0))))


def _report(held: Import, **said: object) -> None:
    held.made = {**held.made, "report": {**held.made.get("report", {}), **said}}


def _archive_attributes(session: Session, held: Import, by: Actor) -> tuple[list[str], list[str]]:
    """Those that the import declared: archived where nobody has a value, else left; codes of both."""
    archived, kept = list[str](), list[str]()
    codes = held.made.get("attributes", [])
    for attribute in list_attributes(session, "person"):
        if attribute.code not in codes:
            continue
        used = select(Person.id).where(Person.attributes.has_key(attribute.code)).limit(1)
        if session.scalar(used) is not None:
            kept.append(attribute.code)
        else:
            attributes.archive(session, attribute, by=by)
            archived.append(attribute.code)
    return archived, kept


def _forget(rows: Sequence[int], held: Import) -> Any:
    there = (ImportRow.import_id == held.id, ImportRow.row.in_(rows), ImportRow.kind.in_(DONE))
    return delete(ImportRow).where(*there).execution_options(synchronize_session=False)


def _take_back(
    session: Session, keys: TenantKeys, held: Import, rows: Sequence[ImportRow], by: Actor
) -> list[UUID]:
    ids = sorted({row.subject_id for row in rows if row.subject_id})
    query = select(Person).where(Person.id.in_(ids)).order_by(Person.id).with_for_update(of=Person)
    people = {person.id: person for person in session.scalars(query)}
    touched, left, removed = _touched(session, ids, held), dict[UUID, None](), list[UUID]()
    restored, addresses = dict[UUID, None](), dict[UUID, str]()
    before = {row.row: json.loads(row.before) for row in rows if row.kind == "updated" and row.before}
    taken = _taken(session, before.values(), ids)
    for row in rows:
        person = people.get(row.subject_id) if row.subject_id else None
        if person is None or person.erased_at is not None:
            continue
        was = before.get(row.row)
        if (
            person.updated_at != row.stamp
            or person.merged_into is not None
            or (was and was["external_id"] in taken)
        ):
            left[person.id] = None
        elif was is not None:
            addresses.setdefault(person.id, person.identity.email or "")
            _restore(keys, person, was)
            restored[person.id] = None
        elif person.id in touched or person.last_contact_at or person.scored_at:
            left[person.id] = None
        else:
            removed.append(person.id)
    session.flush()
    back = {each: (addresses[each], people[each].identity.email) for each in restored}
    mailboxes.left(session, {each: both for each, both in back.items() if mailboxes.is_another(*both)}, by=by)
    _remove_people(session, removed)
    record_all(session, [events.PersonChanged(subject=each) for each in restored if each not in removed])
    listed = [str(each) for each in left if str(each) not in held.left]
    held.left = [*held.left, *listed][:MOST_LEFT]
    held.counts = {**held.counts, "left": int(held.counts.get("left", 0)) + len(listed)}
    return removed


def _restore(keys: TenantKeys, person: Person, was: dict[str, Any]) -> None:
    for name in ("name", "email", "phone"):
        setattr(person.identity, name, was[name])
    person.identity.tokens = tokens.of(keys, was["name"], was["email"], was["phone"])
    for name in ("external_id", "language", "zone"):
        setattr(person, name, was[name])
    person.company_id = UUID(was["company_id"]) if was["company_id"] else None
    person.attributes = was["attributes"]
    person.updated_at = datetime.fromisoformat(was["updated_at"])


def _taken(session: Session, images: Collection[dict[str, Any]], but: Sequence[UUID]) -> set[str]:
    """External ids that were given to somebody else meanwhile."""
    wanted = {image["external_id"] for image in images if image["external_id"]}
    query = select(Person.external_id).where(
        Person.external_id.in_(wanted), Person.merged_into.is_(None), Person.id.not_in(but)
    )
    return {each for each in session.scalars(query) if each} if wanted else set()


def _touched(session: Session, ids: Sequence[UUID], held: Import) -> set[UUID]:
    """Of whom there is something in any table of any domain that is not the import's own, or who was merged with
    somebody. A table tells of a person by its column of that name.
    """
    found: set[UUID] = set()
    for table in TenantBase.metadata.sorted_tables:
        if PERSON not in table.c or table.name in NO_TRACE:
            continue
        query = select(table.c[PERSON]).where(table.c[PERSON].in_(ids))
        if table is Consent.__table__:
            query = query.where(Consent.evidence.is_distinct_from(held.id))
        found |= {each for each in session.scalars(query) if each}
    return found | {
        each for each in session.scalars(select(Person.merged_into).where(Person.merged_into.in_(ids))) if each
    }


def _remove_people(session: Session, ids: Sequence[UUID]) -> None:
    if ids:
        pairs = or_(Duplicate.one_id.in_(ids), Duplicate.other_id.in_(ids))
        session.execute(delete(Duplicate).where(pairs).execution_options(synchronize_session=False))
        session.execute(delete(Person).where(Person.id.in_(ids)).execution_options(synchronize_session=False))
        record_all(session, [events.PersonErased(subject=each) for each in ids])


def _remove_companies(session: Session, held: Import) -> int:
    """Companies that the import added, as they were added, of whom nobody is and about whom nothing is written;
    answers how many."""
    ours = select(ImportRow.subject_id).where(
        ImportRow.import_id == held.id,
        ImportRow.kind == "company",
        ImportRow.subject_id == Company.id,
        ImportRow.stamp == Company.updated_at,
    )
    other = aliased(Company)
    used = [
        exists().where(Person.company_id == Company.id),
        exists().where(Interaction.company_id == Company.id),
        exists().where(other.merged_into == Company.id),
    ]
    statement = delete(Company).where(exists(ours), *(~each for each in used)).returning(Company.id)
    return len(session.execute(statement.execution_options(synchronize_session=False)).all())


def has_old(session: Session) -> bool:
    """Whether a file or rows are past their time, for the sweeper."""
    return session.scalar(select(Import.id).where(_is_over()).limit(1)) is not None


@job(queue="bulk", scope="services")
def clean_up(services: Services, tenant: TenantRef) -> None:
    """Deletes files and rows of imports that can no longer be taken back, and files that were never imported."""
    with services.db.tenant_session(tenant) as session:
        due = session.execute(select(Import.id, Import.file_key).where(_is_over()).limit(100)).all()
    for row in due:
        services.storage.delete(StorageKey(row.file_key))
    with services.db.tenant_session(tenant) as session:
        ids = [row.id for row in due]
        session.execute(delete(ImportRow).where(ImportRow.import_id.in_(ids)))
        session.execute(update(Import).where(Import.id.in_(ids)).values(file_key=None))


def _is_over() -> Any:
    never = (Import.begun_at.is_(None)) & (Import.created_at < clock.now() - UNFINISHED_KEPT)
    return Import.file_key.is_not(None) & (never | (Import.begun_at < clock.now() - KEPT))
