"""Passwords: Argon2id with the parameters OWASP recommends (19 MiB, two passes), and what makes a poor one.

Poor is what a guesser tries early. The estimate is zxcvbn's (Wheeler, USENIX Security 2016; MIT licence): the
thirty thousand most used passwords of public leaks, names and words, also doubled, reversed or with letters swapped
for digits, rows of keyboards, sequences and dates. Beside its lists stand words of the languages we speak and what
is known about the person: address, workspace, business.
"""

import re
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from infra.i18n import N_

SHORTEST = 10
LONGEST = 200
"""Characters; the upper limit keeps hashing cheap."""

GUESSES = 1e9
"""Tries that a password must withstand; zxcvbn is content with 1e8, which a word with a year just reaches."""

_LOOKED_AT = 72
"""Characters that are estimated: the estimate grows with the square of the length, and so many are enough."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_nobody = _hasher.hash("nobody has this password")

TOO_SHORT = N_("Use at least 10 characters. A few words in a row are easy to remember and hard to guess.")
TOO_LONG = N_("Use at most 200 characters.")
TOO_PLAIN = N_("This password is among the first that are guessed. Please choose another.")
TOO_NEAR = N_("This password is made of your name, address or workspace. Please choose another.")

_SPOKEN = """
    rapport passwort kennwort geheim willkommen hallo schatz sommer winter fruehling frühling herbst
    sonne liebe ichliebedich montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar
    märz april mai juni juli august september oktober november dezember fussball deutschland berlin wien
    qwertz qwertzuiop asdfghjkl yxcvbnm motdepasse bonjour bienvenue soleil doudou loulou chouchou
    jetaime amour printemps été automne hiver lundi mardi mercredi jeudi vendredi samedi dimanche
    janvier février mars avril juin juillet août octobre novembre décembre france paris azerty
    azertyuiop qsdfghjklm wxcvbn administrator changeme letmein welcome
"""
"""What the estimate's English lists lack: words that open passwords in German and French, and their keyboards."""


def hashed(password: str) -> str:
    """The hash to store."""
    return _hasher.hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the stored hash. Takes as long when there is no hash at all."""
    try:
        return _hasher.verify(stored or _nobody, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def problem(password: str, *known: str) -> str | None:
    """What is wrong with a new password, or None: the one rule of sign-up, reset, invitation and profile.

    `known` is what a guesser knows: address, name, business, workspace address. A password may hold such words but
    not consist of them.
    """
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    words = _words(known)
    if len(_without(password.casefold(), words)) < SHORTEST // 2:
        return TOO_NEAR
    if _guesses(password, words) < GUESSES:
        return TOO_PLAIN
    return None


def _words(known: tuple[str, ...]) -> list[str]:
    """The words of what is known, and each of the texts written as one word; longest first."""
    found: set[str] = set()
    for text in known:
        for part in (text, text.partition("@")[0]):
            pieces = re.findall(r"\w+", part.casefold().replace("_", " "))
            found.update(piece for piece in (*pieces, "".join(pieces)) if len(piece) >= 3)
    return sorted(found, key=len, reverse=True)


def _without(password: str, words: list[str]) -> str:
    """Letters that are left when the known words are taken out; digits beside them are a year."""
    plain = "".join(letter for letter in password if letter.isalnum())
    rest = plain
    for word in words:
        rest = rest.replace(word, "")
    return rest if rest == plain else "".join(letter for letter in rest if not letter.isdigit())


def _guesses(password: str, words: list[str]) -> float:
    """About how many tries a guesser needs. The library comes late: its lists take 12 MB and 0.2 s."""
    from zxcvbn import zxcvbn

    estimate: dict[str, Any] = zxcvbn(password[:_LOOKED_AT], user_inputs=[*words, *_SPOKEN.split()])  # type: ignore[no-untyped-call]
    return float(estimate["guesses"])
