"""What the pages on which two customers, or two companies, become one have in common."""

from collections.abc import Callable, Mapping, Sequence

from flask import flash

from customers.merge_images import KEPT, MERGED
from infra.i18n import N_, gettext
from web.forms import Form

Row = tuple[str, str, str, str, str]


def choices(typed: Mapping[str, str]) -> dict[str, str]:
    """By name whose value somebody chose."""
    return {name: whose for name, whose in typed.items() if whose in (KEPT, MERGED)}


def rows(
    values: Sequence[tuple[str, str, str]], chosen: Mapping[str, str], label: Callable[[str], str]
) -> list[Row]:
    """What at least one of the two has: name, label, both values, whose is chosen."""
    return [
        (name, label(name), mine, theirs, chosen.get(name, KEPT)) for name, mine, theirs in values if mine or theirs
    ]


def say_merged(message: str) -> None:
    """For the next page."""
    flash(message)


def say_undone(form: Form, label: Callable[[str], str]) -> None:
    """What became of taking a merge back, for the next page: what stays, or why it was refused."""
    if not form.problems:
        flash(N_("The merge is undone: both stand as before."), "good")
        stays = [label(name) for name in form.result[1]]
        if stays:
            flash(gettext("Changed since and therefore kept here: %(names)s", names=", ".join(stays)), "watch")
    for sentences in form.problems.values():
        for sentence in sentences:
            flash(gettext(getattr(sentence, "message", str(sentence))), "bad")
