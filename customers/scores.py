"""The scores that a person last gave, beside them in the register, for lists and segments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from customers import people
from customers.models import Person


def note(
    session: Session, person_id: UUID, at: datetime, *, nps: int | None, csat: int | None, ces: int | None
) -> None:
    """Keeps the latest; a score that was not asked for stays as it was, and what comes late changes nothing.

    Somebody who was erased or never was is passed over.
    """
    scores = {name: value for name, value in (("nps", nps), ("csat", csat), ("ces", ces)) if value is not None}
    if not scores:
        return
    canonical = people.canonical_ids(session, [person_id]).get(person_id, person_id)
    newer = func.coalesce(Person.scored_at, at) <= at
    session.execute(
        update(Person)
        .where(Person.id == canonical, Person.erased_at.is_(None), newer)
        .values(**scores, scored_at=at)
        .execution_options(synchronize_session=False)
    )
