"""What staff and programs write in sentences: checked, or made fit where there is nobody to ask."""

import unicodedata

from customers.values import NO_CONTROL, TOO_LONG, Unfit
from infra.i18n import N_

MISSING = N_("Please fill this in.")
_BREAKS = "\n\t"


def text(typed: str | None, longest: int, *, required: bool = False) -> str:
    """Trimmed text of several lines in NFC. Raises Unfit for what cannot be stored, is missing or too long."""
    plain = _normal(typed)
    if any(_unstorable(letter) for letter in plain):
        raise Unfit(NO_CONTROL)
    if required and not plain:
        raise Unfit(MISSING)
    if len(plain) > longest:
        raise Unfit(TOO_LONG, most=longest)
    return plain


def fitted(given: str | None, longest: int) -> str:
    """As `text`, of what a machine brought: what cannot be stored is left out, what is too long is cut."""
    plain = "".join(letter for letter in _normal(given) if not _unstorable(letter)).strip()
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _normal(given: str | None) -> str:
    plain = unicodedata.normalize("NFC", given or "")
    return plain.replace("\r\n", "\n").replace("\r", "\n").strip()


def _unstorable(letter: str) -> bool:
    return letter not in _BREAKS and unicodedata.category(letter) in {"Cc", "Cs"}
