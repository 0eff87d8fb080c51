"""Dates, numbers and shares as the reader writes them, in the zone in use."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from babel import dates, numbers, units

from infra import clock
from infra.i18n.catalogues import parse
from infra.i18n.scope import current_locale, current_zone

Number = int | float | Decimal


def format_moment(moment: datetime, *, zone: bool = True) -> str:
    """Date and time in the zone in use, the zone named: `Nov 22, 2026, 3:33 PM (Europe/Berlin)`."""
    local = moment.astimezone(current_zone())
    text = dates.format_datetime(local, "medium", tzinfo=current_zone(), locale=parse(current_locale()))
    shown = text.replace(f":{local:%S}", "", 1)
    return f"{shown} ({zone_name()})" if zone else shown


def format_date(day: date | datetime, width: str = "medium") -> str:
    """A day; of a moment, the day it falls on in the zone in use."""
    if isinstance(day, datetime):
        day = day.astimezone(current_zone()).date()
    if width not in ("short", "medium", "long", "full"):
        return dates.format_skeleton(width, day, locale=parse(current_locale()))
    return dates.format_date(day, format=width, locale=parse(current_locale()))


def format_clock(at: time) -> str:
    """A time of day to the minute: `2:05 PM`."""
    return dates.format_time(at, "short", locale=parse(current_locale()))


def format_month(day: date) -> str:
    """Month and year: `November 2026`."""
    return dates.format_skeleton("yMMMM", day, locale=parse(current_locale()))


def format_relative(moment: datetime) -> str:
    """`3 hours ago` within a week, the date otherwise; pair it with format_moment for the exact time."""
    delta = moment - clock.now()
    if abs(delta) >= timedelta(days=7):
        return format_date(moment)
    return dates.format_timedelta(delta, add_direction=True, threshold=1.2, locale=parse(current_locale()))


def format_number(value: Number, digits: int | None = None) -> str:
    """A number with the locale's separators, rounded to `digits` decimals when given."""
    pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return numbers.format_decimal(value, format=pattern, locale=parse(current_locale()))


@lru_cache(200)
def separators(locale: str) -> tuple[str, str]:
    """The decimal point and what stands between thousands, as people of the language type them."""
    spoken = parse(locale)
    point, group = numbers.get_decimal_symbol(spoken), numbers.get_group_symbol(spoken)
    return "," if point == "," else ".", group


def format_percent(share: float, digits: int = 0) -> str:
    """A share between 0 and 1 as percent."""
    pattern = (
        "#,##0" + ("." + "0" * digits if digits else "") + parse(current_locale()).percent_formats[None].suffix[0]
    )
    return numbers.format_percent(share, format=pattern, locale=parse(current_locale()))


def format_size(count: int) -> str:
    """A number of bytes in the largest unit that fits, to few digits: `1.2 MB`."""
    value, unit = float(count), "byte"
    for larger in ("kilobyte", "megabyte", "gigabyte"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    digits = 0 if unit == "byte" or value >= 99.5 else 1
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    length: Literal["long", "short"] = "long" if unit == "byte" else "short"  # its short form has no plural
    return units.format_unit(value, unit, length=length, format=pattern, locale=parse(current_locale()))


def zone_name() -> str:
    """The zone in use as people write it: `Europe/Berlin`."""
    return current_zone().key.replace("_", " ")
