"""Days and times, as calendars and clocks show them: without a zone, for they are those of the respondent."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from infra import clock
from infra.i18n import format_clock, format_date
from surveys.definition.kinds.base import (
    EQUALITY,
    ORDER,
    PRESENCE,
    Answer,
    Kind,
    Read,
    Refused,
    Say,
    without_defaults,
)
from surveys.definition.reader import Node, Seen
from surveys.wording import N_

if TYPE_CHECKING:
    from surveys.definition.model import Question

NO_DATE = N_("Please enter a date.")
NO_TIME = N_("Please enter a time.")
NO_BOTH = N_("Please enter a date and a time.")
TOO_EARLY = N_("Please choose %(first)s or later.")
TOO_LATE = N_("Please choose %(last)s or earlier.")
NO_DAY = N_("This must be a day like “2026-11-23”, or “today”, “today+14” or “today-30”.")
NO_CLOCK = N_("This must be a time like “08:30”.")
BACKWARDS = N_("The lower bound is above the upper bound.")

DAY = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\d", re.ASCII)
TODAY = re.compile(r"today([+-]\d{1,5})?", re.ASCII)
CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)

WEST, EAST = timedelta(hours=-12), timedelta(hours=14)
"""Where on earth it is the earliest and the latest. A day counts as today while it is that anywhere."""


class Moment(Kind):
    """What all three have in common: ISO 8601 to the minute, which compares as text does."""

    settings: tuple[str, ...] = ("earliest", "latest")
    stored = "texts"
    value = "moment"
    operators = EQUALITY | ORDER | PRESENCE
    no_bound: ClassVar[str] = NO_DAY
    no_answer: ClassVar[str] = NO_DATE

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        bounds = {name: self._bound(node.at(name)) for name in ("earliest", "latest")}
        first, last = bounds["earliest"], bounds["latest"]
        alike = first.startswith("today") == last.startswith("today")
        if first and last and alike and resolved(first) > resolved(last):
            node.at("earliest").complain(BACKWARDS)
        return bounds

    def dump(self, question: "Question") -> dict[str, Any]:
        return without_defaults({"earliest": question.earliest, "latest": question.latest}, earliest="", latest="")

    def canonical(self, text: str) -> str | None:
        """The moment in its one spelling; None when it is none."""
        raise NotImplementedError

    def bounded(self, found: str) -> str:
        """The part of a moment that bounds speak of."""
        return found

    def shown(self, bound: str) -> object:
        """A bound for a sentence: a day, which is written as people write days, or a time."""
        return date.fromisoformat(resolved(bound))

    def is_bound(self, text: str) -> bool:
        """Whether a moment may be bounded by this."""
        return bool(TODAY.fullmatch(text)) or day(text) is not None

    def reader(self, question: "Question") -> Read:
        earliest, latest = question.earliest, question.latest

        def read(raw: Any, language: str) -> Answer | None:
            if raw is None or raw == "":
                return None
            found = self.canonical(raw.strip()) if isinstance(raw, str) and len(raw) < 40 else None
            if found is None:
                raise Refused(self.no_answer)
            seen = self.bounded(found)
            if earliest and seen < resolved(earliest, WEST):
                raise Refused(TOO_EARLY, first=self.shown(earliest))
            if latest and seen > resolved(latest, EAST):
                raise Refused(TOO_LATE, last=self.shown(latest))
            return found

        return read

    def accepts(self, question: "Question", value: float | str | bool) -> bool:
        return isinstance(value, str) and self.canonical(value) == value

    def around(self, value: str) -> tuple[str, ...]:
        found = self.canonical(value)
        return () if found is None else tuple(each for n in (-1, 0, 1) if (each := self._moved(found, n)))

    def _moved(self, moment: str, steps: int) -> str | None:
        """The moment so many days or minutes away; None where the calendar or the day ends."""
        raise NotImplementedError

    def _bound(self, node: Node) -> str:
        if node.missing or node.value in (None, ""):
            return ""
        if not isinstance(node.value, str) or not self.is_bound(node.value):
            node.complain(self.no_bound)
            return ""
        return node.value


class Date(Moment):
    """A day: `2026-11-23`."""

    def canonical(self, text: str) -> str | None:
        found = day(text)
        return None if found is None else found.isoformat()

    def _moved(self, moment: str, steps: int) -> str | None:
        return self.canonical((date.fromisoformat(moment) + timedelta(days=steps)).isoformat())

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        return format_date(date.fromisoformat(str(stored)))


class Time(Moment):
    """A time of day to the minute: `14:05`."""

    no_bound = NO_CLOCK
    no_answer = NO_TIME

    def canonical(self, text: str) -> str | None:
        plain = text[:5] if re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?", text, re.ASCII) else text
        return plain if CLOCK.fullmatch(plain) else None

    def is_bound(self, text: str) -> bool:
        return bool(CLOCK.fullmatch(text))

    def shown(self, bound: str) -> object:
        return bound

    def _moved(self, moment: str, steps: int) -> str | None:
        minutes = int(moment[:2]) * 60 + int(moment[3:]) + steps
        return self.canonical(f"{minutes // 60:02d}:{minutes % 60:02d}")

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        return format_clock(time.fromisoformat(str(stored)))


class DateTime(Moment):
    """Both: `2026-11-23T14:05`. Bounds are days."""

    no_answer = NO_BOTH

    def canonical(self, text: str) -> str | None:
        first, _, second = text.replace(" ", "T", 1).partition("T")
        found, at = day(first), KIND_OF_TIME.canonical(second)
        return None if found is None or at is None else f"{found.isoformat()}T{at}"

    def bounded(self, found: str) -> str:
        return found[:10]

    def _moved(self, moment: str, steps: int) -> str | None:
        return self.canonical((datetime.fromisoformat(moment) + timedelta(minutes=steps)).isoformat()[:16])

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        found = datetime.fromisoformat(str(stored))
        return f"{format_date(found.date())}, {format_clock(found.time())}"


KIND_OF_TIME = Time("time")


def day(text: str) -> date | None:
    """The day of the calendar; None when there is none of this name."""
    if not DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def resolved(bound: str, away: timedelta = timedelta(0)) -> str:
    """A bound as a day; `today` is that of a place so far from Greenwich."""
    relative = TODAY.fullmatch(bound)
    if relative is None:
        return bound
    today = (clock.now().astimezone(UTC) + away).date()
    return (today + timedelta(days=int(relative[1] or 0))).isoformat()
