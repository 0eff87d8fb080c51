"""What a person reads of a mail's HTML.

One walk over the text that never goes back: building a tree takes half a minute for 80,000 nested elements, and a
mail that is only read needs none. Nothing that comes out is HTML; it is escaped like any text where it is shown.
"""

import re
from collections.abc import Iterator
from html import unescape

from infra.mail.inbound.mime import readable

_TAG_NAME = re.compile(r"/?[a-z][a-z0-9]*")
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "table", "blockquote", "hr", "ul", "ol", "pre", "section"}) | {
    f"h{level}" for level in range(1, 7)
}
_UNREAD = frozenset({"script", "style", "title", "template"})


def to_text(source: str) -> str:
    """The text without tags, comments, scripts and styles; a line ends where a block does."""
    bare = unescape("".join(_pieces(source)))
    lines = (" ".join(line.split()) for line in readable(bare).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _pieces(source: str) -> Iterator[str]:
    folded, at, end = source.lower(), 0, len(source)
    if len(folded) != end:  # a letter whose small form is two: places would not agree
        folded = source
    while at < end:
        opened = source.find("<", at)
        if opened < 0:
            yield source[at:].replace("\n", " ")
            return
        yield source[at:opened].replace("\n", " ")
        found = _TAG_NAME.match(folded, opened + 1)
        if found is None and not source.startswith(("<!", "<?"), opened):
            yield "<"
            at = opened + 1
            continue
        name = found[0] if found else ""
        if name.lstrip("/") in _BREAKS:
            yield "\n"
        closing = "-->" if source.startswith("<!--", opened) else ">"
        at = _after(source, closing, opened)
        if name in _UNREAD and at < end:
            at = _after(folded, f"</{name}", at)
            at = _after(source, ">", at)


def _after(source: str, wanted: str, start: int) -> int:
    """Behind the next place where it stands; the end when it stands nowhere."""
    found = source.find(wanted, start)
    return len(source) if found < 0 else found + len(wanted)
