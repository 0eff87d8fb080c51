"""When people are left alone, in the zone where they live.

A moment inside quiet hours moves to their end, never backwards. Clocks that change are followed: a limit that falls
into the missing hour of spring counts from the first moment after it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = 24 * 60
LOOKED_AHEAD = 15
"""Days; with at most six quiet weekdays the next loud moment is never further away."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Minutes after midnight, both None for none; over midnight when `until` is the smaller. ISO weekdays."""

    begin: int | None = None
    until: int | None = None
    weekdays: frozenset[int] = field(default_factory=frozenset)

    def next_allowed(self, moment: datetime, zone: str) -> datetime:
        """The moment itself when nobody is disturbed then, else the end of the quiet hours around it."""
        local = zone_of(zone)
        here = moment.astimezone(local)
        for _ in range(LOOKED_AHEAD):
            ends = self._quiet_until(here)
            if ends is None:
                return here.astimezone(UTC)
            here = ends.astimezone(UTC).astimezone(local)
        return here.astimezone(UTC)

    def _quiet_until(self, here: datetime) -> datetime | None:
        """The local end of the quiet time that holds the moment; None when it is a loud one."""
        if here.isoweekday() in self.weekdays:
            return _at(here.date() + timedelta(days=1), 0, here)
        if self.begin is None or self.until is None or self.begin == self.until:
            return None
        minute = here.hour * 60 + here.minute
        if self.begin < self.until:
            return _at(here.date(), self.until, here) if self.begin <= minute < self.until else None
        if minute >= self.begin:
            return _at(here.date() + timedelta(days=1), self.until, here)
        return _at(here.date(), self.until, here) if minute < self.until else None


def zone_of(name: str) -> ZoneInfo:
    """The zone; UTC for a name that this machine does not know."""
    return _zone(name)


def weekdays(days: Collection[int]) -> frozenset[int]:
    """The known days; all seven would leave no moment, so they count as none."""
    known = frozenset(day for day in days if 1 <= day <= 7)
    return known if len(known) < 7 else frozenset()


@lru_cache(512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _at(day: date, minute: int, like: datetime) -> datetime:
    """That minute of the day; where clocks are set back and it comes twice, the one that lies ahead of `like`."""
    first = datetime.combine(day, time(minute // 60, minute % 60), like.tzinfo)
    return first if first.astimezone(UTC) > like.astimezone(UTC) else first.replace(fold=1)
