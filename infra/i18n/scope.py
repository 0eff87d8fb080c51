"""Which language and which time zone the present piece of work speaks in."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_LOCALE = "en"
DEFAULT_ZONE = "UTC"

_locale: ContextVar[str] = ContextVar("rapport_locale", default=DEFAULT_LOCALE)
_zone: ContextVar[str] = ContextVar("rapport_zone", default=DEFAULT_ZONE)


@contextmanager
def use(locale: str | None = None, zone: str | None = None) -> Iterator[None]:
    """Everything inside speaks `locale` and shows times in the IANA `zone`; what is None stays as it was."""
    locale_mark = _locale.set(locale or _locale.get())
    zone_mark = _zone.set(zone or _zone.get())
    try:
        yield
    finally:
        _zone.reset(zone_mark)
        _locale.reset(locale_mark)


def current_locale() -> str:
    """The locale in use, such as "de" or "pt-BR"."""
    return _locale.get()


def current_zone() -> ZoneInfo:
    """The zone in use; UTC when the stored name is not one that this machine knows."""
    try:
        return ZoneInfo(_zone.get())
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)
