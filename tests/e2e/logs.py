"""Whether a log says what people said."""

import re
from collections.abc import Iterable

_CODE = re.compile(r"[A-Za-z0-9_.:/+-]{1,40}")
"""Ids, codes, colours, slugs and short answers: what logs may hold, or what would be found by chance."""


def quoted(log: str, said: Iterable[str]) -> set[str]:
    """What people typed (names, addresses, sentences, passwords, tokens) that stands in the log."""
    return {words for words in said if not _CODE.fullmatch(words) and words.strip() and words in log}
