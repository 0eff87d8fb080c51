"""Who somebody turned out to be, for many at once: consents and contacts of merged people count together."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.models import Person

LONGEST_CHAIN = 8


@dataclass(frozen=True, slots=True)
class Known:
    """What the door needs of a person, without who they are. `merged` maps ids merged into them to when."""

    id: UUID
    language: str | None
    zone: str | None
    erased: bool
    merged: Mapping[UUID, datetime]

    @property
    def ids(self) -> list[UUID]:
        """Under which ids their rows stand."""
        return [self.id, *self.merged]


def known(session: Session, ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Known]:
    """Each id that is somebody's, also of those merged into others, to who they are now.

    With `lock` the people are held until the transaction ends, in the order of their ids, so that two who decide
    about the same person do so one after the other.
    """
    canonical = _canonical(session, ids)
    merged = _merged(session, set(canonical.values()))
    query = select(Person.id, Person.language, Person.zone, Person.erased_at, Person.merged_into)
    query = query.where(Person.id.in_(set(canonical.values()))).order_by(Person.id)
    rows = session.execute(query.with_for_update(key_share=True) if lock else query).all()
    if any(row.merged_into is not None for row in rows):  # a merge was faster than the lock
        return known(session, ids, lock=lock)
    found = {
        row.id: Known(row.id, row.language, row.zone, row.erased_at is not None, merged.get(row.id, {}))
        for row in rows
    }
    return {asked: found[who] for asked, who in canonical.items() if who in found}


def find(session: Session, person_id: UUID, *, lock: bool = False) -> Known | None:
    """As `known`, for one."""
    return known(session, [person_id], lock=lock).get(person_id)


def _canonical(session: Session, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Each id to the one at the end of its chain of merges; ids of nobody stay as they are."""
    ends = {each: each for each in ids}
    for _ in range(LONGEST_CHAIN):
        rows = session.execute(
            select(Person.id, Person.merged_into).where(
                Person.id.in_(set(ends.values())), Person.merged_into.is_not(None)
            )
        )
        steps = {row.id: row.merged_into for row in rows}
        if not steps:
            break
        ends = {asked: steps.get(who, who) for asked, who in ends.items()}
    return ends


def _merged(session: Session, ids: Collection[UUID]) -> dict[UUID, dict[UUID, datetime]]:
    """Who was merged into each of these, directly or through others, and when; rows of merged people do not
    change after the merge."""
    found: dict[UUID, dict[UUID, datetime]] = {}
    level = {each: each for each in ids}
    for _ in range(LONGEST_CHAIN):
        rows = session.execute(
            select(Person.id, Person.merged_into, Person.updated_at).where(Person.merged_into.in_(level))
        ).all()
        if not rows:
            break
        deeper = {}
        for row in rows:
            end = level[row.merged_into]
            found.setdefault(end, {})[row.id] = row.updated_at
            deeper[row.id] = end
        level = deeper
    return found
