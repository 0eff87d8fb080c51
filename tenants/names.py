"""Names of people as they are stored: one line, and nothing that a mail program would make a link of."""

import re

from infra.errors import Invalid
from infra.i18n import N_

LONGEST = 80

NAME_MISSING = N_("Please write your name.")
NAME_TOO_LONG = N_("Use at most 80 characters.")
NAME_LINKS = N_("A name holds no web address.")

_LINK = re.compile(r"https?:|www\.|://|\b[\w-]+\.(?:com|net|org|info|io|ru|cn|xyz|top|link|site|online)\b|@", re.I)


def clean_name(name: str) -> str:
    """The name with single spaces. Raises Invalid beside the field `name`.

    Names stand in mails to people who do not know us; a web address among them would be advertising in our name.
    """
    plain = " ".join("".join(each if each.isprintable() else " " for each in name).split())
    if not plain:
        raise Invalid(problems={"name": [NAME_MISSING]})
    if len(plain) > LONGEST:
        raise Invalid(problems={"name": [NAME_TOO_LONG]})
    if _LINK.search(plain):
        raise Invalid(problems={"name": [NAME_LINKS]})
    return plain
