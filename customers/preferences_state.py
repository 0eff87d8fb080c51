"""What somebody wishes besides their consents, out of what each of those who are one has said.

What stands under the id that stays counts, and with it what was said by each one who was merged into it since: the
latest end of a pause, the longest interval, the youngest year of birth. Whoever changes a wish writes all that
counts under the id that stays, so that from then on it alone counts and nothing of the others is changed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.consent_people import Known
from customers.models import Preferences
from infra import clock
from infra.crypto.columns import or_none

KEEP: Any = object()
"""Stands for "as it is" where None means something."""
STEP = timedelta(microseconds=1)


class _Changed(Protocol):
    @property
    def changed_at(self) -> datetime: ...


Row = TypeVar("Row", bound=_Changed)


@dataclass(frozen=True, slots=True)
class Wishes:
    """Until when not, and at most one message in so many days."""

    paused_until: datetime | None = None
    every_days: int | None = None


def wishes(session: Session, people: Collection[Known]) -> dict[UUID, Wishes]:
    """Each person's id to what counts, with one statement."""
    ids = {each for who in people for each in who.ids}
    columns = (Preferences.person_id, Preferences.paused_until, Preferences.every_days, Preferences.changed_at)
    rows = {row.person_id: row for row in session.execute(select(*columns).where(Preferences.person_id.in_(ids)))}
    found = {}
    for who in people:
        mine = _counting(who, rows)
        found[who.id] = Wishes(
            max((row.paused_until for row in mine if row.paused_until is not None), default=None),
            max((row.every_days for row in mine if row.every_days is not None), default=None),
        )
    return found


def birth_year(session: Session, who: Known) -> int | None:
    """The year of birth that they told us; of several the youngest."""
    query = select(Preferences).where(Preferences.person_id.in_(who.ids)).execution_options(populate_existing=True)
    rows = {row.person_id: row for row in session.scalars(query)}
    years = [or_none(lambda row=row: row.birth_year) for row in _counting(who, rows)]  # type: ignore[misc]
    return max((int(year) for year in years if year), default=None)


def write(
    session: Session,
    who: Known,
    *,
    paused_until: datetime | None = KEEP,
    every_days: int | None = KEEP,
    born: int | None = KEEP,
) -> bool:
    """Stores wishes of a person who is held (`consent_people.find` with `lock`); whether anything is another."""
    stands, year = wishes(session, [who])[who.id], birth_year(session, who)
    wanted = (
        stands.paused_until if paused_until is KEEP else paused_until,
        stands.every_days if every_days is KEEP else every_days,
        year if born is KEEP else born,
    )
    if wanted == (stands.paused_until, stands.every_days, year):
        return False
    row = session.get(Preferences, who.id) or Preferences(person_id=who.id)
    row.paused_until, row.every_days = wanted[:2]
    text = None if wanted[2] is None else str(wanted[2])
    if or_none(lambda: row.birth_year) != text:
        row.birth_year = text
    row.changed_at = max([clock.now(), *(since + STEP for since in who.merged.values())])
    session.add(row)
    session.flush()
    return True


def _counting(who: Known, rows: Mapping[UUID, Row]) -> list[Row]:
    own = rows.get(who.id)
    later = [
        rows[each]
        for each, since in who.merged.items()
        if each in rows and (own is None or own.changed_at <= since)
    ]
    return later if own is None else [own, *later]
