"""What a name, an address or a number must look like to be stored: one checker for forms, API and import.

Each function takes what was typed and gives what is stored, or raises Unfit with a sentence for whoever typed it.
"""

import re
import unicodedata
import zoneinfo
from functools import cache
from urllib.parse import urlsplit

import idna

from infra.crypto import normal
from infra.i18n import N_
from infra.sentences import Sentence

LONGEST_NAME = 200
LONGEST_EMAIL = 254
"""RFC 5321, 4.5.3.1.3 with the angle brackets taken off."""
LONGEST_LOCAL = 64
LONGEST_ID = 200
LONGEST_URL = 2_000
FEWEST_DIGITS, MOST_DIGITS = 5, 15
"""Of a phone number; E.164 allows 15."""

NO_CONTROL = N_("This holds line breaks or control characters, which cannot be stored.")
TOO_LONG = N_("Use at most %(most)s characters.")
BAD_EMAIL = N_("Write an e-mail address such as ann@example.org.")
DISPLAY_NAME = N_("Write the address alone: %(address)s")
BAD_PHONE = N_("Write a phone number with its country, such as +49 30 1234567.")
BAD_LANGUAGE = N_("Choose a language, such as en or pt-BR.")
BAD_ZONE = N_("Choose a time zone from the list, for example Europe/Vienna.")
BAD_WEBSITE = N_("Write an address that begins with https:// or http://.")

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Letters that nobody sees and that show what follows backwards: a name could read as another one."""
_DISPLAYED = re.compile(r"[^<>]*<\s*(?P<bare>[^<>\s]+@[^<>\s]+)\s*>")
_LOCAL = re.compile(r"[^\s<>()\[\],;:\\\"@]+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_PHONE = re.compile(r"\+?[\d\s().\-/\u2010-\u2015]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


class Unfit(ValueError):
    """The value cannot be stored; `sentence` says why, to whoever typed it."""

    def __init__(self, message: str, /, **fields: object) -> None:
        self.sentence = Sentence(message, **fields)
        super().__init__(message)


def line(text: str, longest: int) -> str:
    """One trimmed line in NFC. What would break out of a mail's header, a file's row or a terminal is refused, and
    what turns the letters after it around.
    """
    plain = unicodedata.normalize("NFC", text).strip()
    if not plain.isprintable() and any(
        letter in _TURNING or unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in plain
    ):
        raise Unfit(NO_CONTROL)
    if len(plain) > longest:
        raise Unfit(TOO_LONG, most=longest)
    return plain


def name(text: str) -> str:
    """A person's or company's name; spaces in a row become one."""
    return " ".join(line(text, LONGEST_NAME).split())


def external_id(text: str) -> str:
    """What the tenant's own systems call somebody; taken as it is."""
    return line(text, LONGEST_ID)


def email(text: str) -> str:
    """A bare address, kept as it was written; `infra.crypto.normal.email` is what it is compared by.

    Letters of all scripts are fine in both parts (RFC 6531); quoted local parts are not, no mailbox needs them.
    """
    if len(text) > 2 * LONGEST_EMAIL:
        raise Unfit(TOO_LONG, most=LONGEST_EMAIL)
    plain = line(text, 2 * LONGEST_EMAIL)
    if not plain:
        return ""
    displayed = _DISPLAYED.fullmatch(plain)
    if displayed is not None:
        raise Unfit(DISPLAY_NAME, address=displayed["bare"])
    local, at, host = plain.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or not all(local.split(".")) or not _is_host(host):
        raise Unfit(BAD_EMAIL)
    if not plain.isprintable():  # letters without width, which nobody sees and no mailbox has
        raise Unfit(BAD_EMAIL)
    if len(plain) > LONGEST_EMAIL or len(local.encode()) > LONGEST_LOCAL:
        raise Unfit(TOO_LONG, most=LONGEST_EMAIL)
    return plain


def phone(text: str) -> str:
    """A number as digits, with + when it names its country; brackets, dots and dashes are typing."""
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")  # address books add marks
    plain = unicodedata.normalize("NFKC", line(seen, 60))
    if not plain:
        return ""
    if not _PHONE.fullmatch(plain):
        raise Unfit(BAD_PHONE)
    if plain.startswith(("+", "00")):
        plain = plain.replace("(0)", "")  # "+49 (0)30" is +49 30 from abroad
    number = normal.phone(plain)
    if not FEWEST_DIGITS <= len(number.removeprefix("+")) <= MOST_DIGITS:
        raise Unfit(BAD_PHONE)
    return number


def language(text: str) -> str:
    """A language tag (BCP 47) of language, script and region."""
    plain = line(text, 20).replace("_", "-")
    if not plain:
        return ""
    if not _LANGUAGE.fullmatch(plain):
        raise Unfit(BAD_LANGUAGE)
    first, *rest = plain.split("-")
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part.title() for part in rest)])


def zone(text: str) -> str:
    """An IANA zone."""
    plain = line(text, 80)
    if plain and plain not in _zones():
        raise Unfit(BAD_ZONE)
    return plain


def website(text: str) -> str:
    """An address for a browser; a bare host gets https."""
    plain = line(text, LONGEST_URL)
    if not plain:
        return ""
    if "://" not in plain and "." in plain and ":" not in plain:
        plain = "https://" + plain
    try:
        parts = urlsplit(plain)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in plain
    except ValueError:
        fits = False
    if not fits:
        raise Unfit(BAD_WEBSITE)
    return plain


def _is_host(host: str) -> bool:
    try:
        plain = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return False
    labels = plain.split(".")
    named = len(labels) > 1 and not labels[-1].isdigit()  # a number is no domain
    return len(plain) <= 253 and named and all(_LABEL.fullmatch(label) for label in labels)


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
