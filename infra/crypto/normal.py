"""The one spelling under which a value is looked up."""

import re
import unicodedata

import idna

LONGEST_PREFIX = 10
_WORD = re.compile(r"[^\W_]+")


def email(text: str) -> str:
    """NFKC, case-folded, trimmed, an international domain in ASCII, so that both of its spellings are one.

    Dots and plus-tags stay: they may be different people.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    local, at, host = plain.rpartition("@")
    if host and not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return plain.casefold()
    return f"{local}{at}{host}".casefold()


def phone(text: str) -> str:
    """Digits as ASCII has them, with a leading + when it is international ("00" counts as that)."""
    plain = unicodedata.normalize("NFKC", text).strip()
    digits = "".join(str(int(character)) for character in plain if character.isdecimal())
    if plain.startswith("+"):
        return "+" + digits
    return "+" + digits[2:] if digits.startswith("00") else digits


def words(text: str) -> list[str]:
    """The words of a name without case and accents, each once, in order."""
    return list(dict.fromkeys(_WORD.findall(text.lower() if text.isascii() else _folded(text))))


def prefixes(text: str) -> list[str]:
    """What a name is found by: the beginnings of its words from two letters on, up to LONGEST_PREFIX."""
    found: dict[str, None] = {}
    for word in words(text):
        for length in range(min(2, len(word)), min(len(word), LONGEST_PREFIX) + 1):
            found[word[:length]] = None
    return list(found)


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))
