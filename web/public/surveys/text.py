"""An author's plain text as HTML: lines, and links as `[words](https://…)`; the rest is escaped."""

from markupsafe import Markup, escape

from infra.link_rules import RENDERED


def rich(text: str) -> Markup:
    """Escaped text with line breaks and links; no other markup, so that nothing an author writes can run."""
    parts: list[Markup] = []
    end = 0
    for found in RENDERED.finditer(text):
        parts.append(_lines(text[end : found.start()]))
        words, address = found.groups()
        parts.append(Markup('<a href="{}" target="_blank" rel="noopener">{}</a>').format(address, words))
        end = found.end()
    parts.append(_lines(text[end:]))
    return Markup("").join(parts)


def plain(text: str) -> str:
    """The text on one line, with the words of its links only."""
    return " ".join(RENDERED.sub(r"\1", text).split())


def _lines(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))
