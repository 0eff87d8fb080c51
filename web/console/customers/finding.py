"""Somebody is chosen in a form: looked for by name, address or number, and picked among the few who fit."""

from dataclasses import dataclass
from uuid import UUID

from customers import companies, people, search
from customers.errors import CompanyNotFound, PersonNotFound
from customers.models import Company, Person
from infra.i18n import gettext
from web import tenancy

MOST = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """One who fits: what they are called, and what tells them from others of that name."""

    id: UUID
    name: str
    about: str


def candidates(words: str) -> list[Candidate]:
    """The newest few who fit what was typed; none for nothing."""
    session = tenancy.session()
    asked = search.asked(session, words)
    if asked is None:
        return []
    found = people.list_people(session, people.PeopleFilters(search=asked), limit=MOST).items
    names = companies.names_of(session, [each.company_id for each in found if each.company_id])
    return [_candidate(each, names.get(each.company_id, "") if each.company_id else "") for each in found]


def the_one(person_id: UUID | None) -> Candidate | None:
    """Who was chosen, as long as they are there."""
    person = find_person(person_id)
    return _candidate(person, "") if person is not None else None


def find_person(person_id: UUID | None) -> Person | None:
    """The person of a form's field; None for nobody, and for who is gone."""
    if person_id is None:
        return None
    try:
        return people.get(tenancy.session(), person_id)
    except PersonNotFound:
        return None


def find_company(company_id: UUID | None) -> Company | None:
    """The company of a form's field; None for none, and for one that is gone."""
    if company_id is None:
        return None
    try:
        return companies.get(tenancy.session(), company_id)
    except CompanyNotFound:
        return None


def _candidate(person: Person, company: str) -> Candidate:
    name = people.display_name(person) or gettext("Customer without a name")
    parts = (person.identity.email, person.identity.phone, company)
    return Candidate(person.id, name, " · ".join(part for part in parts if part and part != name))
