"""Places in a text that are filled when somebody reads it: `{{q_7h3k2m|you}}`, `{{v_total}}`, `{{hidden.plan}}`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

TOKEN = re.compile(
    r"\{\{ *(?P<name>q_[a-z0-9]{4,16}(?:\.[a-z0-9_]{1,40})?|v_[a-z0-9]{4,16}|hidden\.[a-z0-9_]{1,40}) *"
    r"(?:\|(?P<otherwise>[^{}|\n]*))?\}\}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A place to fill: whose value stands there, and what stands there when there is none."""

    name: str
    otherwise: str = ""

    @property
    def root(self) -> str:
        """The id or `hidden`, without a row or code."""
        return self.name.partition(".")[0]

    @property
    def rest(self) -> str:
        """The row of a question, or the code of a hidden field."""
        return self.name.partition(".")[2]

    @classmethod
    def of(cls, found: re.Match[str]) -> "Token":
        return cls(found["name"], (found["otherwise"] or "").strip(" "))


def tokens_in(text: str) -> Iterator[Token]:
    """The places of a text, in order."""
    return (Token.of(found) for found in TOKEN.finditer(text)) if "{{" in text else iter(())


def renamed_tokens(text: str, names: Mapping[str, str]) -> str:
    """The text with other ids in its places."""

    def renamed(found: re.Match[str]) -> str:
        root = Token.of(found).root
        return found[0].replace(root, names.get(root, root), 1)

    return TOKEN.sub(renamed, text) if "{{" in text else text


def broken_in(text: str) -> bool:
    """Whether something looks like a place and is none."""
    return "{{" in TOKEN.sub("", text) or "}}" in TOKEN.sub("", text)
