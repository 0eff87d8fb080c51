"""Blind tokens under which likely duplicates meet, without anybody reading a name.

Each token is one byte that says what it stands for and eight bytes of an HMAC under the tenant's index key. Whoever
writes an identity writes its tokens: forms, programs, imports and the demo alike.
"""

import re
from collections.abc import Mapping

from infra.crypto import normal
from infra.crypto.keys import Cipher
from infra.i18n import N_

EMAIL, NAME, SOUND, PHONE = b"e", b"n", b"s", b"p"
WORDS: Mapping[str, str] = {
    "email": N_("the same e-mail address"),
    "phone": N_("the same phone number"),
    "e": N_("e-mail addresses that lead to the same mailbox"),
    "n": N_("the same name"),
    "p": N_("the same last digits of the phone number"),
    "s": N_("last names that sound alike"),
}
"""Why two might be the same, by code; the first two are exact."""
WEIGHTS: Mapping[str, int] = {"email": 100, "phone": 60, "e": 80, "n": 50, "p": 40, "s": 10}
LIKELY = 40
"""From this weight on two are shown as a pair; last names that sound alike are not enough."""

BYTES = 8
DIGITS = 8
_SAME_HOST = {"googlemail.com": "gmail.com"}


def of(cipher: Cipher, name: str | None, email: str | None, phone: str | None) -> list[bytes] | None:
    """The tokens of an identity; None where there are none."""
    found = [
        (EMAIL, mailbox(email or "")),
        (NAME, words(name or "")),
        (SOUND, sound(name or "")),
        (PHONE, digits(phone or "")),
    ]
    made = [kind + cipher.blind("likeness", f"{kind.decode()} {text}")[:BYTES] for kind, text in found if text]
    return made or None


def mailbox(email: str) -> str:
    """The address without dots and tag before the @."""
    local, at, host = normal.email(email).rpartition("@")
    local = local.partition("+")[0].replace(".", "")
    return f"{local}@{_SAME_HOST.get(host, host)}" if at and local else ""


def words(name: str) -> str:
    """The words of a name in whatever order they were written, where there are at least two."""
    found = sorted(normal.words(name))
    return " ".join(found) if len(found) > 1 else ""


def sound(name: str) -> str:
    """How the last name sounds, with the first letter of the first one."""
    found = normal.words(name)
    code = cologne(found[-1]) if len(found) > 1 else ""
    return f"{found[0][0]} {code}" if code else ""


def digits(phone: str) -> str:
    """The last eight digits, in which a number with and without its country agree."""
    found = re.sub(r"\D", "", phone)
    return found[-DIGITS:] if len(found) >= DIGITS else ""


def cologne(word: str) -> str:
    """The Cologne phonetics of a word (Postel 1969): Meyer, Maier and Mayr are all 67."""
    plain = word.replace("ß", "ss")
    codes = [_code(plain, at) for at in range(len(plain))]
    shortened = re.sub(r"(.)\1+", r"\1", "".join(codes))
    return shortened[:1] + shortened[1:].replace("0", "")


_SIMPLE = {
    **dict.fromkeys("aeijouy", "0"),
    **dict.fromkeys("b", "1"),
    **dict.fromkeys("fvw", "3"),
    **dict.fromkeys("gkq", "4"),
    **dict.fromkeys("l", "5"),
    **dict.fromkeys("mn", "6"),
    **dict.fromkeys("r", "7"),
    **dict.fromkeys("sz", "8"),
}


def _code(word: str, at: int) -> str:
    letter, before, after = word[at], word[at - 1] if at else "", word[at + 1 : at + 2]
    if letter in _SIMPLE:
        return _SIMPLE[letter]
    if letter == "p":
        return "3" if after == "h" else "1"
    if letter in "dt":
        return "8" if after in ("c", "s", "z") else "2"
    if letter == "x":
        return "8" if before in ("c", "k", "q") else "48"
    if letter == "c":
        hard = after in tuple("ahkloqrux") if not before else after in tuple("ahkoqux") and before not in "sz"
        return "4" if hard else "8"
    return ""
