"""People: added, changed, found again. Who was merged is found under the id that stays.

Nothing here erases anybody (that is a matter of keys), and nobody is archived: who is no longer a customer is
simply not written to.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from customers import events, mailboxes, tokens, typed, values
from customers.attributes import list_attributes
from customers.companies import get as get_company
from customers.errors import (
    AttributeInvalid,
    CompanyNotFound,
    ExternalIdTaken,
    PersonChanged,
    PersonInvalid,
    PersonNotFound,
)
from customers.models import Identity, Person
from customers.queries import COUNTED, Found, PeopleFilters, count_people, list_people
from customers.revisions import revision_of, touch
from customers.search import with_external_id
from customers.unique import refused_as
from customers.values import Unfit
from infra.crypto.ambient import current_keys
from infra.crypto.columns import blind_equal
from infra.db import current_tenant
from infra.events import record
from infra.i18n import N_
from infra.ids import new_id
from tenants import audit
from tenants.permissions import Actor

IDENTITY: Mapping[str, Callable[[str], str]] = {"name": values.name, "email": values.email, "phone": values.phone}
FRAME: Mapping[str, Callable[[str], str]] = {
    "external_id": values.external_id,
    "language": values.language,
    "zone": values.zone,
}
CHECKS = {**IDENTITY, **FRAME}
"""The texts of a person and what each is checked by; import asks the same."""

SOURCES = ("staff", "import", "api", "portal", "mail", "survey")
NOBODY = N_("Fill in a name, an e-mail address, a phone number or an external id.")
NO_COMPANY = N_("There is no such company.")
MOST_STEPS = 50
"""Merges behind one another that are followed."""


def add(
    session: Session,
    *,
    by: Actor,
    name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    external_id: str | None = None,
    company_id: UUID | None = None,
    language: str | None = None,
    zone: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    source: str = "staff",
) -> Person:
    """A new person. Raises PersonInvalid, ExternalIdTaken."""
    texts = {"name": name, "email": email, "phone": phone}
    texts |= {"external_id": external_id, "language": language, "zone": zone}
    fit = _fit(session, texts, attributes or {}, {}, company_id)
    if not any(fit[field] for field in ("name", "email", "phone", "external_id")):
        raise PersonInvalid(problems={"name": [NOBODY]})
    person_id = new_id()
    identity = Identity(id=person_id, **{field: fit.pop(field) for field in IDENTITY})
    identity.tokens = _tokens(identity)
    person = Person(id=person_id, company_id=company_id, source=source, created_by=by.id, identity=identity, **fit)
    with refused_as(session, "uq_people_external_id", ExternalIdTaken):
        session.add(person)
    record(session, events.PersonAdded(subject=person.id))
    audit.record(session, "person.added", by=by, subject=person.id)
    return person


KEEP: Any = object()
"""Stands for "as it is" where None means something."""


def change(
    session: Session,
    person: Person,
    *,
    by: Actor,
    revision: int | None = None,
    company_id: UUID | None = KEEP,
    attributes: Mapping[str, Any] | None = None,
    **texts: str | None,
) -> Person:
    """Other texts (name, email, phone, external_id, language, zone), company and attributes.

    What is not named stays; None and "" take away. `revision` is the state that was seen (`revision_of`).
    Raises PersonChanged when it is not the present one, PersonInvalid, ExternalIdTaken.
    """
    person = _held(session, person.id)
    if revision is not None and revision != revision_of(person):
        raise PersonChanged()
    fit = _fit(session, texts, attributes or {}, person.attributes, None if company_id is KEEP else company_id)
    if company_id is not KEEP:
        fit["company_id"] = company_id
    before = {field: getattr(_owner(person, field), field) for field in fit}
    changed = sorted(field for field, value in fit.items() if before[field] != value)
    if not changed:
        return person
    after = {field: fit.get(field, getattr(_owner(person, field), field)) for field in (*IDENTITY, "external_id")}
    if not any(after.values()):
        raise PersonInvalid(problems={"name": [NOBODY]})
    with refused_as(session, "uq_people_external_id", ExternalIdTaken):
        for field in changed:
            setattr(_owner(person, field), field, fit[field])
        if not IDENTITY.keys().isdisjoint(changed):
            person.identity.tokens = _tokens(person.identity)
        touch(person)
    if "email" in changed and mailboxes.is_another(before["email"], fit["email"]):
        mailboxes.left(session, {person.id: (before["email"], fit["email"])}, by=by)
    record(session, events.PersonChanged(subject=person.id))
    audit.record(session, "person.changed", by=by, subject=person.id, fields=changed)
    return person


def get(session: Session, person_id: UUID) -> Person:
    """The person, or who they were merged into. Raises PersonNotFound, also for who was erased."""
    found = session.get(Person, person_id)
    for _step in range(MOST_STEPS):
        if found is None or found.merged_into is None:
            break
        found = session.get(Person, found.merged_into)
    if found is None or found.merged_into is not None or found.erased_at is not None:
        raise PersonNotFound()
    return found


def ids_of(session: Session, person_id: UUID) -> list[UUID]:
    """The canonical id first, then all that were merged into it: rows of other tables keep the old ones."""
    canonical = get(session, person_id).id
    merged = select(Person.id).where(Person.merged_into == canonical).cte("merged", recursive=True)
    further = select(Person.id).join(merged, Person.merged_into == merged.c.id)
    return [canonical, *session.scalars(select(merged.union(further).c.id))]


def canonical_ids(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Of each id the one under which the person is found now; who was erased is left out."""
    found = {each: each for each in ids}
    for _step in range(MOST_STEPS):
        asked = set(found.values())
        query = select(Person.id, Person.merged_into, Person.erased_at).where(Person.id.in_(asked))
        rows = {row.id: row for row in session.execute(query)} if asked else {}
        found = {old: rows[new].merged_into or new for old, new in found.items() if new in rows}
        if all(row.merged_into is None for row in rows.values()):
            return {old: new for old, new in found.items() if rows[new].erased_at is None}
    return {}


def find_by_email(session: Session, text: str) -> list[Person]:
    """Everybody with that address, oldest first; who was merged counts for who they are now."""
    return _found(session, [*session.scalars(select(Identity.id).where(blind_equal(Identity.email_index, text)))])


def find_by_phone(session: Session, text: str) -> list[Person]:
    """Everybody with that number, oldest first."""
    return _found(session, [*session.scalars(select(Identity.id).where(blind_equal(Identity.phone_index, text)))])


def find_by_external_id(session: Session, text: str) -> Person | None:
    """Who is called so by the tenant's systems; who was merged is found under the old id too."""
    rows = with_external_id(session, text.replace("\x00", ""))
    return next(iter(_found(session, rows[:1])), None)


def touch_contact(session: Session, person_id: UUID, at: datetime) -> None:
    """Notes that we spoke with somebody or wrote to them; forwards only, and no change of the person."""
    canonical = canonical_ids(session, [person_id]).get(person_id)
    later = or_(Person.last_contact_at.is_(None), Person.last_contact_at < at)
    query = update(Person).where(Person.id == canonical, later).values(last_contact_at=at)
    session.execute(query.execution_options(synchronize_session="fetch"))


def display_name(person: Person) -> str:
    """What to call somebody where there is one line: their name, else an address, else their external id."""
    identity = person.identity
    return identity.name or identity.email or identity.phone or person.external_id or ""


def count_all(session: Session) -> int:
    """How many there are, exactly; reads an index."""
    living = (Person.merged_into.is_(None), Person.erased_at.is_(None))
    return session.scalar(select(func.count()).select_from(Person).where(*living)) or 0


def _found(session: Session, ids: Sequence[UUID]) -> list[Person]:
    canonical = sorted(set(canonical_ids(session, ids).values()))
    query = select(Person).where(Person.id.in_(canonical)).order_by(Person.id)
    return list(session.scalars(query)) if canonical else []


def _held(session: Session, person_id: UUID) -> Person:
    """The person under a lock, as they stand now; who was merged meanwhile is changed under the id that stays."""
    return session.get_one(
        Person, get(session, person_id).id, with_for_update={"of": Person}, populate_existing=True
    )


def _tokens(identity: Identity) -> list[bytes] | None:
    """What likely duplicates meet under."""
    cipher = current_keys().for_tenant(current_tenant())
    return tokens.of(cipher, identity.name, identity.email, identity.phone)


def _owner(person: Person, field: str) -> Any:
    return person.identity if field in IDENTITY else person


def _fit(
    session: Session,
    texts: Mapping[str, str | None],
    attributes: Mapping[str, Any],
    stored: Mapping[str, Any],
    company_id: UUID | None,
) -> dict[str, Any]:
    """What is stored of what was given. Raises PersonInvalid with every problem at once."""
    done: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for field, text in texts.items():
        try:
            done[field] = CHECKS[field](text or "") or None
        except Unfit as unfit:
            problems[field] = [unfit.sentence]
    try:
        if attributes:
            done["attributes"] = typed.fit(list_attributes(session, "person"), attributes, stored)
    except AttributeInvalid as invalid:
        problems |= invalid.problems
    try:
        if company_id is not None:
            get_company(session, company_id)
    except CompanyNotFound:
        problems["company_id"] = [NO_COMPANY]
    if problems:
        raise PersonInvalid(problems=problems)
    return done


__all__ = [
    "COUNTED",
    "Found",
    "PeopleFilters",
    "add",
    "canonical_ids",
    "change",
    "count_people",
    "display_name",
    "find_by_email",
    "find_by_external_id",
    "find_by_phone",
    "get",
    "ids_of",
    "list_people",
    "touch_contact",
]
