"""When things happen at Acme: seasons, weekdays, the month when parcels came late, and the recovery.

Everything hangs on the day the demo was made, the last day of the story. The trouble fills one calendar month,
the one of 137 days before, so that it is one point of a monthly trend. On the second day after it Acme changes the
parcel service and the boxes; three weeks later nothing is left of it.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

ZONE = "Europe/Berlin"
LENGTH = 365
"""Days, the last one included."""

SEASONS = (0.9, 0.9, 1.0, 1.0, 0.95, 0.8, 0.65, 0.6, 0.95, 1.1, 1.25, 1.75)
"""How busy each month is, January first: quiet in summer, twice as much before Christmas."""

CAFE_DAYS = (0.7, 0.8, 0.9, 0.9, 1.15, 1.6, 1.2)
SHOP_DAYS = (1.3, 1.15, 1.05, 1.0, 0.85, 0.7, 1.25)
"""How busy each weekday is, Monday first."""

CAFE_HOURS = (0, 0, 0, 0, 0, 0, 0, 3, 8, 9, 8, 7, 6, 6, 7, 8, 6, 4, 2, 0, 0, 0, 0, 0)
SHOP_HOURS = (1, 0, 0, 0, 0, 0, 1, 3, 4, 4, 4, 3, 4, 4, 3, 3, 4, 5, 6, 8, 9, 8, 5, 2)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How many answer on which weekday and at which hour of the day."""

    days: Sequence[float]
    hours: Sequence[float]


CAFE = Rhythm(CAFE_DAYS, CAFE_HOURS)
SHOP = Rhythm(SHOP_DAYS, SHOP_HOURS)


@dataclass(frozen=True, slots=True)
class Story:
    """The year that ends at a moment."""

    end: datetime

    @property
    def last_day(self) -> date:
        return self.end.astimezone(ZoneInfo(ZONE)).date()

    @property
    def trouble(self) -> tuple[date, date]:
        """First and last day of the bad month."""
        first = (self.last_day - timedelta(days=137)).replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def action(self) -> date:
        """When the parcel service and the boxes were changed."""
        return self.trouble[1] + timedelta(days=2)

    def day(self, ago: int) -> date:
        """So many days before the last one."""
        return self.last_day - timedelta(days=ago)

    def severity(self, day: date) -> float:
        """How many of those who had a parcel around that day were hit, from 0 to 1."""
        first, last = self.trouble
        if day < first:
            return 0.0
        if day <= last:
            return min(1.0, 0.5 + 0.1 * (day - first).days)
        return max(0.0, 0.7 - (day - last).days / 30)

    def relief(self, day: date) -> float:
        """How many speak of the recovery, from 0 to 1: it fades within three months."""
        since = (day - self.action).days
        return max(0.0, 1 - since / 90) if since >= 10 else 0.0

    def moments(self, rhythm: Rhythm, count: int, begin: int, finish: int, seed: str) -> list[datetime]:
        """Times in order, spread over the days from `begin` to `finish` days ago as business goes, never later than
        the end."""
        days = [self.day(ago) for ago in range(begin, finish - 1, -1)]
        weights = list(accumulate(SEASONS[day.month - 1] * rhythm.days[day.weekday()] for day in days))
        hours = list(accumulate(rhythm.hours))
        found = []
        for index in range(count):
            chance = Random(f"{seed} {index} time")
            place = (index + chance.random()) / count * weights[-1]
            found.append(self._moment(days[bisect(weights, place)], hours, chance))
        return sorted(found)

    def at(self, day: date, hour: int) -> datetime:
        """That hour of the day where Acme is."""
        return datetime.combine(day, time(hour), ZoneInfo(ZONE)).astimezone(UTC)

    def _moment(self, day: date, hours: Sequence[float], chance: Random) -> datetime:
        moment = self.at(day, bisect(hours, chance.random() * hours[-1])) + timedelta(
            seconds=chance.randrange(3600)
        )
        return moment if moment < self.end else moment - timedelta(days=1)
