"""Whether a log says what people said."""

import json
import re
from collections.abc import Iterable, Iterator

_CODE = re.compile(
    r"[a-z0-9_.:-]{1,40}|[A-Za-z]{1,3}|[0-9T:.+Z-]+|[A-Z][A-Za-z]+/[A-Za-z_]+(/[A-Za-z_]+)?|(/[a-z_-]*)+"
)
"""Ids, codes, slugs, numbers, moments, zones and answers of a few letters: what logs may hold, or what would be
found by chance. Names begin with a capital, addresses have an @, sentences have spaces, passwords all sorts."""


def quoted(log: str, said: Iterable[str]) -> set[str]:
    """What people typed (names, addresses, sentences, passwords, tokens) that stands in the log."""
    told = {words.strip() for words in said}
    return {
        words for words in told if words and not _CODE.fullmatch(words) and any(f in log for f in _forms(words))
    }


def _forms(words: str) -> Iterator[str]:
    """As it was said, and as a JSON line or a traceback would write it."""
    yield words
    for form in (json.dumps(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1], repr(words)[1:-1]):
        if form != words:
            yield form
