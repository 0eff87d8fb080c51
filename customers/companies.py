"""Companies: the businesses that our tenant's customers work for."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from customers import events, typed, values
from customers.attributes import list_attributes
from customers.errors import AttributeInvalid, CompanyChanged, CompanyIdTaken, CompanyInvalid, CompanyNotFound
from customers.models import Company, Person
from customers.revisions import revision_of, touch
from customers.unique import refused_as
from customers.values import Unfit
from infra.events import record
from infra.i18n import N_
from infra.ids import new_id
from infra.pages import Page, bounded, decode, page
from tenants import audit
from tenants.permissions import Actor

FIELDS: Mapping[str, Callable[[str], str]] = {
    "name": values.name,
    "external_id": values.external_id,
    "website": values.website,
}
NO_NAME = N_("Write the company's name.")


@dataclass(frozen=True, slots=True)
class CompanyFilters:
    """Which companies to list: by the beginning of their name, by their external id, or by their ids."""

    search: str = ""
    external_id: str = ""
    ids: tuple[UUID, ...] | None = None


def add(
    session: Session,
    *,
    by: Actor,
    name: str,
    external_id: str = "",
    website: str = "",
    attributes: Mapping[str, Any] | None = None,
) -> Company:
    """A new company. Raises CompanyInvalid, CompanyIdTaken."""
    fit = _fit(session, {"name": name, "external_id": external_id, "website": website}, attributes or {}, {})
    company = Company(id=new_id(), created_by=by.id, **fit)
    with refused_as(session, "uq_companies_external_id", CompanyIdTaken):
        session.add(company)
    record(session, events.CompanyAdded(subject=company.id))
    audit.record(session, "company.added", by=by, subject=company.id)
    return company


def change(
    session: Session,
    company: Company,
    *,
    by: Actor,
    revision: int | None = None,
    attributes: Mapping[str, Any] | None = None,
    **given: str | None,
) -> Company:
    """Other fields and attributes; what is not named stays, None and "" take away. `revision` is what was seen.

    Raises CompanyChanged, CompanyInvalid, CompanyIdTaken.
    """
    company = session.get_one(Company, company.id, with_for_update=True, populate_existing=True)
    if revision is not None and revision != revision_of(company):
        raise CompanyChanged()
    fit = _fit(session, given, attributes or {}, company.attributes)
    changed = sorted(field for field, value in fit.items() if getattr(company, field) != value)
    if not changed:
        return company
    with refused_as(session, "uq_companies_external_id", CompanyIdTaken):
        for field in changed:
            setattr(company, field, fit[field])
        touch(company)
    record(session, events.CompanyChanged(subject=company.id))
    audit.record(session, "company.changed", by=by, subject=company.id, fields=changed)
    return company


def get(session: Session, company_id: UUID) -> Company:
    """The company, or the one it was merged into. Raises CompanyNotFound."""
    found = session.get(Company, company_id)
    for _step in range(50):
        if found is None or found.merged_into is None:
            break
        found = session.get(Company, found.merged_into)
    if found is None or found.merged_into is not None:
        raise CompanyNotFound()
    return found


def ids_of(session: Session, *company_ids: UUID) -> list[UUID]:
    """Every id under which rows of these companies stand: their own, and of all that were merged into them."""
    stays = select(func.coalesce(Company.merged_into, Company.id)).where(Company.id.in_(company_ids))
    return [*session.scalars(select(Company.id).where(or_(Company.id.in_(stays), Company.merged_into.in_(stays))))]


def find_ids(session: Session, filters: CompanyFilters, *, most: int) -> tuple[UUID, ...] | None:
    """The ids of those who fit; None when they are more."""
    found = session.scalars(select(Company.id).where(*_where(filters)).limit(most + 1)).all()
    return tuple(found) if len(found) <= most else None


def canonical_ids(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Of each id the one of the company that stays."""
    query = select(Company.id, func.coalesce(Company.merged_into, Company.id).label("stays"))
    return {row.id: row.stays for row in session.execute(query.where(Company.id.in_(ids)))} if ids else {}


def find_named(session: Session, name: str) -> Company | None:
    """The company of exactly that name, in whatever case; the oldest when there are several.

    The name of one that was merged leads to the one that stays, unless another has it now.
    """
    query = select(Company).where(func.lower(Company.name) == name.strip().lower())
    found = session.scalars(query.order_by(Company.merged_into.is_not(None), Company.id).limit(1)).first()
    return get(session, found.id) if found is not None else None


def named(session: Session, name: str, *, by: Actor) -> Company:
    """The company of that name; a new one where there is none. Raises CompanyInvalid."""
    return find_named(session, name) or add(session, by=by, name=name)


def list_companies(
    session: Session, filters: CompanyFilters | None = None, *, after: str | None = None, limit: int = 50
) -> Page[Company]:
    """Companies, newest first. Raises CursorInvalid."""
    size, cursor = bounded(limit), decode(after)
    query = select(Company).where(*_where(filters)).order_by(Company.id.desc()).limit(size + 1)
    if cursor is not None:
        query = query.where(Company.id < cursor)
    rows = session.scalars(query).all()
    return page(rows, size, [row.id for row in rows])


def count_companies(session: Session, filters: CompanyFilters | None = None, *, most: int = 10_000) -> int:
    """How many fit, counted up to `most`."""
    fitting = select(Company.id).where(*_where(filters)).limit(most)
    return session.scalar(select(func.count()).select_from(fitting.subquery())) or 0


def count_people(session: Session, companies: Sequence[UUID]) -> dict[UUID, int]:
    """How many people each of them has."""
    living = (Person.merged_into.is_(None), Person.erased_at.is_(None))
    stays = canonical_ids(session, ids_of(session, *companies))
    query = select(Person.company_id, func.count()).where(Person.company_id.in_(stays), *living)
    counted = dict.fromkeys(companies, 0)
    for company, count in session.execute(query.group_by(Person.company_id)):
        if company is not None and stays[company] in counted:
            counted[stays[company]] += count
    return counted


def names_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names by id; of one that was merged the name of the one that stays."""
    stays = aliased(Company)
    query = select(Company.id, func.coalesce(stays.name, Company.name).label("called"))
    query = query.outerjoin(stays, stays.id == Company.merged_into).where(Company.id.in_(ids))
    return {row.id: row.called for row in session.execute(query)} if ids else {}


def _where(filters: CompanyFilters | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Company.merged_into.is_(None)]
    if filters is not None and filters.search.strip():
        begins = filters.search.strip().lower().replace("\x00", "")
        wanted.append(func.lower(Company.name).startswith(begins, autoescape=True))
    if filters is not None and filters.external_id:
        wanted.append(Company.external_id == filters.external_id.replace("\x00", ""))
    if filters is not None and filters.ids is not None:
        wanted.append(Company.id == any_(literal(list(filters.ids), ARRAY(Uuid))))
    return wanted


def _fit(
    session: Session, given: Mapping[str, str | None], attributes: Mapping[str, Any], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """What is stored of the given fields. Raises CompanyInvalid."""
    done: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for field, text in given.items():
        try:
            done[field] = FIELDS[field](text or "") or None
        except Unfit as unfit:
            problems[field] = [unfit.sentence]
    if "name" in done and not done["name"]:
        problems["name"] = [NO_NAME]
    try:
        if attributes:
            done["attributes"] = typed.fit(list_attributes(session, "company"), attributes, stored)
    except AttributeInvalid as invalid:
        problems |= invalid.problems
    if problems:
        raise CompanyInvalid(problems=problems)
    return done
