"""The smallest parts of a definition: words by language, and one answer to choose."""

from collections.abc import Mapping
from dataclasses import dataclass

Text = Mapping[str, str]
"""Language to words. The default language is the fall-back."""

OTHER = "other"
"""The code that stands for the respondent's own option; no other option may have it."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose."""

    id: str
    code: str
    text: Text


def words(text: Text, language: str, default_language: str) -> str:
    """The text in a language, else in the default language, else in any, else nothing."""
    return text.get(language) or text.get(default_language) or next((w for w in text.values() if w), "")
