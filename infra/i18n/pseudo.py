"""Two languages that nobody speaks, to try pages with: texts as long as German's, and pages from right to left.

`en-XA` writes every text of the catalogue with accents and 40 percent longer, the short ones as one long word;
`ar-XB` writes the same from right to left. Both names are the usual ones (Unicode CLDR, UTS #35, 3.2). Nobody is
offered them: they are not among the shipped languages, so only a test puts them into a row.
"""

import re

from babel.support import NullTranslations

LONG, MIRRORED = "en-XA", "ar-XB"
_REAL = {LONG: "en", MIRRORED: "ar"}
_ACCENTS = str.maketrans("aceinosuyzACEINOSUYZ", "áčéîñôšúýžÁČÉÎÑÔŠÚÝŽ")
_KEPT = re.compile(r"(%\(\w+\)[sd]|%%|\{\w*\}|<[^>]*>|&\w+;)")
_FILLING = "wöchentlicheleistungsbeurteilung"
SHORT = 16
"""Characters up to which a text grows as one word, as German compounds do."""


class Pseudo(NullTranslations):
    """A catalogue that has every text."""

    def gettext(self, message: str) -> str:
        """The text, longer."""
        return stretched(message)

    def ngettext(self, msgid1: str, msgid2: str, num: int) -> str:
        """The form as English has it, longer."""
        return stretched(msgid1 if num == 1 else msgid2)


def is_pseudo(locale: str) -> bool:
    """Whether a locale is one of the two."""
    return locale.replace("_", "-") in _REAL


def real(locale: str) -> str:
    """The language whose dates, numbers and direction a pseudo-locale takes; any other name as it is."""
    return _REAL.get(locale.replace("_", "-"), locale)


def stretched(text: str) -> str:
    """The text with accents and at least 40 percent longer; fields and markup stay as they are."""
    parts = [part if _KEPT.fullmatch(part) else part.translate(_ACCENTS) for part in _KEPT.split(text)]
    more = _FILLING[: max(3, -(-len(text) * 2 // 5))]
    glue = "" if len(text) <= SHORT and " " not in text else " "
    if len(text) > 80:
        more = " ".join([_FILLING] * (1 + len(text) * 2 // 5 // len(_FILLING)))
    return "".join(parts) + glue + more
