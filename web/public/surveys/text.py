"""An author's plain text as HTML: lines, links as `[words](https://…)`, places to fill; the rest is escaped."""

from collections.abc import Callable

from markupsafe import Markup, escape

from infra.link_rules import RENDERED
from surveys.definition.tokens import TOKEN, Token

Say = Callable[[Token], str]
"""The words for a place; empty for none."""


def rich(text: str, say: Say | None = None) -> Markup:
    """Escaped text with line breaks and links; no other markup, so that nothing an author writes can run."""
    parts: list[Markup] = []
    end = 0
    for found in RENDERED.finditer(text):
        parts.append(_lines(text[end : found.start()], say))
        words, address = found.groups()
        link = Markup('<a href="{}" target="_blank" rel="noopener">{}</a>')
        parts.append(link.format(address, spots(words, say)))
        end = found.end()
    parts.append(_lines(text[end:], say))
    return Markup("").join(parts)


def spots(text: str, say: Say | None = None) -> Markup:
    """Escaped text whose places are filled and marked, so that the page's script can fill them anew.

    What a respondent wrote is escaped like everything else, and is not looked through for places or links.
    """
    if say is None or "{{" not in text:
        return escape(text)
    parts: list[Markup] = []
    end = 0
    for found in TOKEN.finditer(text):
        token = Token.of(found)
        parts.append(escape(text[end : found.start()]))
        spot = Markup('<span data-pipe="{}" data-else="{}">{}</span>')
        parts.append(spot.format(token.name, token.otherwise, say(token) or token.otherwise))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def plain(text: str) -> str:
    """The text on one line, with the words of its links only."""
    return " ".join(RENDERED.sub(r"\1", text).split())


def _lines(text: str, say: Say | None) -> Markup:
    return Markup("<br>").join(spots(line, say) for line in text.split("\n"))
