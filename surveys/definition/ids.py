"""Ids and codes of what a definition is made of."""

import re
import secrets
from collections.abc import Container

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0, 1, i, l and o, which people confuse."""

ID = re.compile(r"[qboevu]_[a-z0-9]{4,16}", re.ASCII)
CODE = re.compile(r"[a-z0-9_]{1,40}", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", re.ASCII)


def fresh(prefix: str, taken: Container[str]) -> str:
    """A new id like `q_7h3k2m` that is not taken."""
    while True:
        made = prefix + "_" + "".join(secrets.choice(ALPHABET) for _ in range(6))
        if made not in taken:
            return made


def code_from(words: str, taken: Container[str], fallback: str) -> str:
    """A free code that reads like the words: `How was it?` becomes `how_was_it`, then `how_was_it_2`."""
    plain = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:30].strip("_") or fallback
    candidate, number = plain, 1
    while candidate in taken:
        number += 1
        candidate = f"{plain}_{number}"
    return candidate
