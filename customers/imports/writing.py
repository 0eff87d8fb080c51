"""One batch of rows in the tables: new people by COPY, those that were there by one statement each."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from customers import events, mailboxes, tokens
from customers.imports import matching
from customers.imports.companies import add_companies, find_companies
from customers.imports.matching import Known
from customers.imports.rows import GONE, WHOLE, Row
from customers.models import Identity, ImportRow, Person
from customers.revisions import STEP
from infra import clock
from infra.crypto.columns import protect
from infra.crypto.keys import TenantKeys
from infra.crypto.sealed import Sealed
from infra.db.copying import copy
from infra.events import record_all
from tenants.permissions import Actor

IDENTITY = ("name", "email", "phone")
FRAME = ("external_id", "language", "zone")
PEOPLE = (
    *("id", "external_id", "company_id", "language", "zone", "attributes"),
    *("source", "created_at", "created_by", "updated_at"),
)
PEOPLE_TYPES = (
    *("uuid", "text", "uuid", "text", "text", "jsonb"),
    *("text", "timestamptz", "uuid", "timestamptz"),
)
IDENTITIES = ["id", "name", "name_index", "email", "email_index", "phone", "phone_index", "tokens"]
COUNTS = ("added", "updated", "skipped", "wrong", "companies")
IDENTITY_TYPES = ("uuid", "bytea", "bytea[]", "bytea", "bytea", "bytea", "bytea", "bytea[]")
ROWS = ["import_id", "row", "kind", "subject_id", "stamp", "problems"]
ROW_TYPES = ("uuid", "int4", "text", "uuid", "timestamptz", "jsonb")


@dataclass(slots=True)
class Someone:
    """A person as this batch leaves them. `before` is None for somebody new."""

    id: UUID
    row: int
    before: dict[str, Any] | None
    now: dict[str, Any]
    stamp: datetime | None = None
    changed: bool = False


@dataclass(slots=True)
class Batch:
    """What rows did, by kind; `counts` adds up over batches."""

    import_id: UUID
    people: dict[UUID, Someone] = field(default_factory=dict)
    wrong: list[Row] = field(default_factory=list)
    companies: list[tuple[UUID, int, datetime]] = field(default_factory=list)
    extras: list[tuple[UUID, Row]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))


def write(
    session: Session,
    keys: TenantKeys,
    create_keys: Callable[[Sequence[UUID]], None],
    import_id: UUID,
    rows: Sequence[Row],
    *,
    policy: str,
    by: Actor,
) -> Batch:
    """Stores the rows and answers what became of them. Call it under the lock of imports."""
    batch, known = Batch(import_id), Known()
    matching.index(keys, rows)
    matching.learn(session, known, rows)
    companies = find_companies(session, rows)
    plan = _decided(known, rows, batch, policy)
    batch.companies = add_companies(session, companies, [row for _, _, row in plan], by)
    found = _held(session, {who for who, _, _ in plan} - {who for who, is_new, _ in plan if is_new})
    for who, is_new, row in plan:
        if is_new or who in batch.people or who in found:
            _apply(batch, who, row, found.get(who), companies.find(row) if row.company or row.company_id else None)
        else:  # erased or merged between the look and the lock
            row.problems.append([WHOLE, GONE, {}])
            batch.wrong.append(row)
            batch.counts["updated"] -= 1
    _write_new(session, keys, create_keys, [each for each in batch.people.values() if each.before is None], by)
    changed = [each for each in batch.people.values() if each.before is not None and each.changed]
    _write_changed(session, keys, changed)
    mailboxes.left(session, _left(changed), by=by)
    _note(session, keys, batch)
    batch.counts["wrong"] = len(batch.wrong)
    batch.counts["companies"] = len(batch.companies)
    return batch


def _decided(known: Known, rows: Sequence[Row], batch: Batch, policy: str) -> list[tuple[UUID, bool, Row]]:
    plan = []
    for row in rows:
        decision = None if row.problems else matching.decide(known, row)
        if decision is None:
            batch.wrong.append(row)
        elif not decision[1] and policy == "skip":
            batch.counts["skipped"] += 1
        else:
            batch.counts["added" if decision[1] else "updated"] += 1
            plan.append((*decision, row))
    return plan


def _held(session: Session, ids: set[UUID]) -> dict[UUID, Person]:
    """The people under locks, taken in the order of their ids."""
    if not ids:
        return {}
    query = select(Person).where(Person.id.in_(ids), Person.merged_into.is_(None), Person.erased_at.is_(None))
    query = query.order_by(Person.id).with_for_update(of=Person).execution_options(populate_existing=True)
    return {person.id: person for person in session.scalars(query)}


def _apply(batch: Batch, who: UUID, row: Row, person: Person | None, company: UUID | None) -> None:
    """The row's values on top of what the person is."""
    someone = batch.people.get(who)
    if someone is None:
        now: dict[str, Any] = (
            image(person) if person else {**dict.fromkeys((*IDENTITY, *FRAME, "company_id")), "attributes": {}}
        )
        someone = batch.people[who] = Someone(who, row.number, dict(now) if person else None, now)
    before = {**someone.now, "attributes": dict(someone.now["attributes"])}
    someone.now.update(row.texts)
    someone.now["attributes"] = {**someone.now["attributes"], **row.attributes}
    if company is not None:
        someone.now["company_id"] = str(company)
    someone.changed = someone.changed or before != someone.now
    if row.extras:
        batch.extras.append((who, row))


def image(person: Person) -> dict[str, Any]:
    """Everything of a person that an import or a merge may change, as JSON takes it."""
    identity = person.identity
    return {
        "name": identity.name,
        "email": identity.email,
        "phone": identity.phone,
        **{each: getattr(person, each) for each in FRAME},
        "company_id": str(person.company_id) if person.company_id else None,
        "attributes": dict(person.attributes),
        "updated_at": person.updated_at.isoformat(),
    }


def _write_new(
    session: Session, keys: TenantKeys, create_keys: Callable[[Sequence[UUID]], None], new: list[Someone], by: Actor
) -> None:
    if not new:
        return
    create_keys([each.id for each in new])
    moment = clock.now()
    people, identities = [], []
    for each in new:
        each.stamp, now = moment, each.now
        people.append(
            (
                each.id,
                now["external_id"],
                _uuid(now["company_id"]),
                now["language"],
                now["zone"],
                Jsonb(now["attributes"]),
                "import",
                moment,
                by.id,
                moment,
            )
        )
        identities.append(tuple(_plain(value) for value in _identity(keys, each).values()))
    copy(session, "people", PEOPLE, PEOPLE_TYPES, people)
    copy(session, "identities", IDENTITIES, IDENTITY_TYPES, identities)
    record_all(session, [events.PersonAdded(subject=each.id) for each in new])


def _write_changed(session: Session, keys: TenantKeys, changed: list[Someone]) -> None:
    if not changed:
        return
    moment = clock.now()
    for each in changed:
        assert each.before is not None
        each.stamp = max(moment, datetime.fromisoformat(each.before["updated_at"]) + STEP)
    session.execute(
        update(Person),
        [
            {
                "id": each.id,
                **{name: each.now[name] for name in FRAME},
                "company_id": _uuid(each.now["company_id"]),
                "attributes": each.now["attributes"],
                "updated_at": each.stamp,
            }
            for each in changed
        ],
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(Identity),
        [_identity(keys, each) for each in changed],
        execution_options={"synchronize_session": False},
    )
    record_all(session, [events.PersonChanged(subject=each.id) for each in changed])


def _left(changed: list[Someone]) -> dict[UUID, tuple[str, str | None]]:
    """Whose mailbox it is not any more, by the file: the address before and the new one."""
    both = {each.id: ((each.before or {}).get("email") or "", each.now["email"]) for each in changed}
    return {who: addresses for who, addresses in both.items() if mailboxes.is_another(*addresses)}


def _identity(keys: TenantKeys, someone: Someone) -> dict[str, Any]:
    now = someone.now
    blank = dict.fromkeys(IDENTITIES)
    sealed = protect(Identity, keys, {"id": someone.id, **{each: now[each] for each in IDENTITY}})
    return {**blank, **sealed, "tokens": tokens.of(keys, now["name"], now["email"], now["phone"])}


def _note(session: Session, keys: TenantKeys, batch: Batch) -> None:
    """What each row did, in the same transaction."""
    plain, with_before = list[tuple[Any, ...]](), list[dict[str, Any]]()
    for each in batch.people.values():
        if each.before is None:
            plain.append((batch.import_id, each.row, "added", each.id, each.stamp, Jsonb([])))
        elif each.changed:
            values = {
                "import_id": batch.import_id,
                "row": each.row,
                "kind": "updated",
                "subject_id": each.id,
                "before": json.dumps(each.before),
                "stamp": each.stamp,
                "problems": [],
            }
            with_before.append(protect(ImportRow, keys, values))
    plain += [(batch.import_id, row, "company", made, stamp, Jsonb([])) for made, row, stamp in batch.companies]
    plain += [(batch.import_id, row.number, "wrong", None, None, Jsonb(row.problems)) for row in batch.wrong]
    copy(session, "import_rows", ROWS, ROW_TYPES, plain)
    if with_before:
        session.execute(insert(ImportRow), with_before)


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _plain(value: Any) -> Any:
    return value.envelope if isinstance(value, Sealed) else value
