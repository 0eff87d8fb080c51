"""Companies that rows name: found by external id or by name, added where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from customers import events
from customers.imports.rows import NO_COMPANY_ID, WHOLE, Row
from customers.models import Company
from infra import clock
from infra.events import record_all
from infra.ids import new_id
from tenants.permissions import Actor


@dataclass(slots=True)
class Companies:
    """Companies by what rows call them."""

    by_name: dict[str, UUID] = field(default_factory=dict)
    by_id: dict[str, UUID] = field(default_factory=dict)

    def find(self, row: Row) -> UUID | None:
        """The row's company; None where it is to be added, or where the row names none."""
        return self.by_id.get(row.company_id) if row.company_id else self.by_name.get(row.company.lower())


def find_companies(session: Session, rows: Sequence[Row]) -> Companies:
    """Those that are there. A row that names one by an id that nobody has is wrong."""
    names = {row.company.lower() for row in rows if row.company}
    own = {row.company_id for row in rows if row.company_id}
    found = Companies()
    folded = func.lower(Company.name)
    asked = or_(folded.in_(names), Company.external_id.in_(own))
    stays = func.coalesce(Company.merged_into, Company.id).label("stays")
    query = select(stays, Company.external_id, folded.label("folded")).where(asked)
    living_first = (Company.merged_into.is_not(None), Company.id)
    for company in session.execute(query.order_by(*living_first)) if names or own else ():
        found.by_name.setdefault(company.folded, company.stays)
        if company.external_id:
            found.by_id.setdefault(company.external_id, company.stays)
    for row in rows:
        if row.company_id and not row.company and row.company_id not in found.by_id:
            row.problems.append([WHOLE, NO_COMPANY_ID, {}])
    return found


def add_companies(
    session: Session, found: Companies, rows: Sequence[Row], by: Actor
) -> list[tuple[UUID, int, datetime]]:
    """Adds those that rows name and nobody knows; answers id, number of the row, and moment of each."""
    added, made, moment = list[tuple[UUID, int, datetime]](), list[dict[str, Any]](), clock.now()
    for row in rows:
        if row.company and found.find(row) is None:
            values: dict[str, Any] = {"name": row.company, "external_id": row.company_id or None, "attributes": {}}
            company = new_id()
            made.append({"id": company, **values, "created_by": by.id, "created_at": moment, "updated_at": moment})
            added.append((company, row.number, moment))
            found.by_name.setdefault(row.company.lower(), company)
            if row.company_id:
                found.by_id[row.company_id] = company
    if made:
        session.execute(insert(Company), made)
        record_all(session, [events.CompanyAdded(subject=company) for company, _, _ in added])
    return added
