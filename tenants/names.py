"""Names of people as they are stored: one line, and nothing that a mail program would make a link of."""

import re

from infra.errors import Invalid
from infra.i18n import N_
from infra.link_rules import links_in

LONGEST = 80

NAME_MISSING = N_("Please write your name.")
NAME_TOO_LONG = N_("Use at most 80 characters.")
NAME_LINKS = N_("A name holds no web address.")

_NO_NAME = re.compile(
    r"https?:|www\.|://|\b[\w-]+\.(?:com|net|org|info|io|ru|cn|xyz|top|link|site|online)\b|@", re.IGNORECASE
)
"""What stands in no name, however it is written: also what names only the beginning or the end of an address."""
_INITIAL = re.compile(r"\b([A-Z])\.(?=\w+(?:\s|$))")
"""An initial without a space after it, as in `J.de Boer`, which in small letters would read like an address."""


def clean_name(name: str) -> str:
    """The name with single spaces. Raises Invalid beside the field `name`."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in name).split())
    found = problem(plain)
    if found:
        raise Invalid(problems={"name": [found]})
    return plain


def problem(name: str) -> str | None:
    """What is wrong with a name, or None.

    Names stand in mails to people who do not know us; a web address among them would be advertising in our name.
    """
    if not name:
        return NAME_MISSING
    if len(name) > LONGEST:
        return NAME_TOO_LONG
    return NAME_LINKS if _NO_NAME.search(name) or _has_link(name) else None


def _has_link(name: str) -> bool:
    """As answers and surveys are judged (`infra.link_rules`); mail programs link capital letters too."""
    return bool(links_in(name) or links_in(_INITIAL.sub(r"\1. ", name).lower()))
