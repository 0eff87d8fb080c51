"""What people, companies and attributes are called, for records that hold their ids only."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.models import Attribute, Company, Identity, Person
from infra.crypto.columns import or_none


def person_names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Names, or addresses where no name is known; who was erased is left out."""
    query = select(Identity).join(Person, Person.id == Identity.id).where(Identity.id.in_(ids))
    rows = session.scalars(query.where(Person.erased_at.is_(None))).all()
    found = {row.id: or_none(lambda row=row: row.name or row.email or row.phone) for row in rows}  # type: ignore[misc]
    return {each: name for each, name in found.items() if name}


def company_names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Names by id."""
    query = select(Company.id, Company.name).where(Company.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)}


def attribute_names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Labels by id."""
    query = select(Attribute.id, Attribute.label).where(Attribute.id.in_(ids))
    return {row.id: row.label for row in session.execute(query)}
