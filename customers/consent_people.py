"""Who somebody turned out to be, for many at once: consents and contacts of merged people count together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers.models import Identity, Person


@dataclass(frozen=True, slots=True)
class Known:
    """What the door needs of a person, without who they are. `merged` maps ids merged into them to since when
    they count as one."""

    id: UUID
    language: str | None
    zone: str | None
    erased: bool
    address: bytes | None
    """The blind index of their e-mail address."""
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
    columns = (Person.id, Person.language, Person.zone, Person.erased_at, Person.merged_into, Identity.email_index)
    query = select(*columns).outerjoin(Identity, Identity.id == Person.id)
    query = query.where(Person.id.in_(set(canonical.values()))).order_by(Person.id)
    rows = session.execute(query.with_for_update(of=Person, key_share=True) if lock else query).all()
    if any(row.merged_into is not None for row in rows):  # a merge was faster than the lock
        return known(session, ids, lock=lock)
    found = {
        row.id: Known(
            row.id, row.language, row.zone, row.erased_at is not None, row.email_index, merged.get(row.id, {})
        )
        for row in rows
    }
    return {asked: found[who] for asked, who in canonical.items() if who in found}


def find(session: Session, person_id: UUID, *, lock: bool = False) -> Known | None:
    """As `known`, for one."""
    return known(session, [person_id], lock=lock).get(person_id)


def _canonical(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Each id to the one at the end of its chain of merges, however long; ids of nobody stay as they are."""
    merged = Person.merged_into.is_not(None)
    first = select(Person.id, Person.merged_into).where(Person.id.in_(ids), merged).cte("steps", recursive=True)
    further = select(Person.id, Person.merged_into).join(first, Person.id == first.c.merged_into).where(merged)
    steps = first.union(further).c
    into = {row.id: row.merged_into for row in session.execute(select(steps.id, steps.merged_into))}
    ends = {each: each for each in ids}
    for _step in range(len(into)):
        ends = {asked: into.get(end, end) for asked, end in ends.items()}
        if into.keys().isdisjoint(ends.values()):
            break
    return ends


def _merged(session: Session, ids: Collection[UUID]) -> dict[UUID, dict[UUID, datetime]]:
    """Who was merged into each of these, directly or through others, and since when they count as one: the latest
    of the merges between them. Rows of merged people do not change after the merge."""
    first = select(Person.merged_into.label("root"), Person.id, Person.updated_at.label("since"))
    chain = first.where(Person.merged_into.in_(ids)).cte("chain", recursive=True)
    further = select(chain.c.root, Person.id, func.greatest(chain.c.since, Person.updated_at))
    walked = chain.union(further.join(Person, Person.merged_into == chain.c.id)).c
    found: dict[UUID, dict[UUID, datetime]] = {}
    for row in session.execute(select(walked.root, walked.id, walked.since)):
        found.setdefault(row.root, {})[row.id] = row.since
    return found
