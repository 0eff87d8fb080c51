"""The smallest parts of a definition: words by language, and one answer to choose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

Text = Mapping[str, str]
"""Language to words. The default language is the fall-back."""

OTHER = "other"
"""The code that stands for the respondent's own option; no other option may have it."""


PICTURE_FILE = r"[0-9a-f]{32}\.(?:png|jpg)"
"""How a picture of ours is called: by what is in it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it was stored: its file's name, its size in pixels, and what it shows for who cannot see."""

    file: str
    width: int
    height: int
    alt: Text


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose."""

    id: str
    code: str
    text: Text
    points: float = 0
    """What it adds to variables that ask for the question."""
    fixed: bool = False
    """Whether it keeps its place when options are shuffled."""
    picture: Picture | None = None

    def changed(self, *, code: str, text: Text, picture: Picture | None = None) -> "Option":
        """With another code and other words, perhaps another picture; everything else stays."""
        return replace(self, code=code, text=text, picture=picture or self.picture)


def words(text: Text, language: str, default_language: str) -> str:
    """The text in a language, else in the default language, else in any, else nothing."""
    return text.get(language) or text.get(default_language) or next((w for w in text.values() if w), "")
