"""What outcomes, sources and states of tasks are called, and spans of time in words."""

from collections.abc import Mapping

from infra.i18n import N_, format_number, ngettext

OUTCOMES: Mapping[str, str] = {
    "reached": N_("Reached"),
    "solved": N_("Solved"),
    "not_reached": N_("Not reached"),
    "no_need": N_("No need any more"),
    "other": N_("Something else"),
}
SOURCES: Mapping[str, str] = {
    "staff": N_("Made by hand"),
    "person": N_("Asked for by the customer"),
    "rule": N_("Made by a rule"),
    "event": N_("Made by an event"),
}
STATES: Mapping[str, str] = {"open": N_("Open"), "done": N_("Done"), "cancelled": N_("Cancelled")}

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def span(seconds: float | None) -> str:
    """A span in the unit that fits; a dash where there is none."""
    if seconds is None:
        return "–"
    if seconds < 90 * MINUTE:
        n = max(1, round(seconds / MINUTE))
        return ngettext("1 minute", "%(count)s minutes", n, count=format_number(n))
    if seconds < 2 * DAY:
        n = round(seconds / HOUR)
        return ngettext("1 hour", "%(count)s hours", n, count=format_number(n))
    days = seconds / DAY
    n = round(days)
    return ngettext("1 day", "%(count)s days", n, count=format_number(n))
