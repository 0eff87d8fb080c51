"""Passwords: Argon2id with the parameters OWASP recommends (19 MiB, two passes), and what makes a poor one."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from infra.i18n import N_

SHORTEST = 10
LONGEST = 200
"""Characters; the upper limit keeps hashing cheap."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_nobody = _hasher.hash("nobody has this password")

TOO_SHORT = N_("Use at least 10 characters. A few words in a row are easy to remember and hard to guess.")
TOO_LONG = N_("Use at most 200 characters.")
TOO_PLAIN = N_("This password is among the first that are guessed. Please choose another.")

COMMON = frozenset(
    (
        *("1234567890", "12345678910", "password12", "password123", "password1234", "qwertyuiop", "qwerty12345"),
        *("passwort123", "passwort1234", "motdepasse", "letmein123", "iloveyou123", "administrator"),
        *("welcome123", "changeme123", "azertyuiop"),
    )
)


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
    """What is wrong with a new password, or None. `known` are texts that must not be all of it."""
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    plain = password.casefold().strip()
    parts = {text.casefold() for whole in known for text in (whole, whole.partition("@")[0]) if text}
    if plain in COMMON or len(set(plain)) < 4 or plain in parts:
        return TOO_PLAIN
    return None
