"""Links in what people write, and which of them hide where they lead.

Found are addresses with a scheme, names that begin with `www.`, and bare names that everybody reads as an address.
What makes a link suspicious is in the link itself: no list of bad sites is kept or asked.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from infra.hostnames import BadHostname, ascii_form, is_address, readable, registrable

Kind = Literal["plain", "shortener", "address", "lookalike", "hidden"]
"""`hidden`: something before an @ pretends to be the host. `lookalike`: letters of two scripts in one word, or a
word of another script that reads like a Latin one."""

SHORTENERS = frozenset(
    name
    for line in (Path(__file__).parent / "data" / "shorteners.txt").read_text(encoding="ascii").splitlines()
    if not line.startswith("#")
    for name in line.split()
)

READ_AS_ADDRESS = re.compile(
    "app|at|biz|ca|cc|ch|click|club|cn|com?|de|dev|es|eu|fr|gg|icu|info|io|it|link|live|ly|me|net|nl|online|org|pl|pro"
    "|ru|shop|site|store|su|tk|top?|uk|us|vip|website|xyz"
)
"""Endings with which a bare name in small letters is taken for an address; others need a path or `www.`"""

RENDERED = re.compile(r"\[([^\[\]\n]{1,200})\]\(((?:https?://|mailto:)[^\s()<>\"]{1,500})\)")
"""What pages make links of: words and address of `[words](https://…)`. The same pattern is judged and rendered."""
MAILTO = "mailto:"

_SCHEME = re.compile(
    r"(?:h(?:tt|xx)ps?|ftp)\s*:\s*[/\\]{2,}((?:[^\s/?#\\<>\"'()\[\]{}|]*@)?\[[0-9a-f:.%]+\]"
    r"|[^\s/?#\\<>\"'()\[\]{}|]+)",
    re.IGNORECASE,
)
_AUTHORITY = re.compile(r"https?:[/\\]*([^/\\?#]*)")
_RECIPIENT = re.compile(r"@([^@,;:?&=/]+|\[[^\]]*\])")
_WWW = re.compile(r"(?<![\w.@/-])www\.([^\s/?#<>\"'()\[\]{}|,;]+)", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w.@/-])((?:[a-z0-9][a-z0-9-]*\.)+([a-z]{2,}))(?=(/|\b))(?![@\w-])")
_DOTS = str.maketrans("。．｡", "...")
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")

# Small letters that look like Latin ones, by https://www.unicode.org/Public/security/latest/confusables.txt
_LIKE_LATIN = dict(
    zip("асԁеһіјӏорԛѕԝхуьαινορυ", "acdehijlopqswxybaivopu", strict=True),
)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a text leads to. `host` is what a person would be shown."""

    host: str
    kind: Kind


def links_in(text: str) -> list[Link]:
    """Every link of a text once, in the order they stand in."""
    found = dict.fromkeys(_judged(_seen(authority)) for authority in _rendered(text))
    found |= dict.fromkeys(_judged(authority) for authority in _authorities(_seen(text)))
    return list(found)


def _seen(text: str) -> str:
    """As browsers read a name: compatible forms as the plain ones (`①` is 1), any dot a dot, nothing invisible."""
    usual = unicodedata.normalize("NFKC", text).translate(_DOTS)
    return "".join(each for each in usual if each not in _INVISIBLE)


def _rendered(text: str) -> Iterator[str]:
    """Where the links lead that pages make of this text, split as browsers split an address; for mail, the hosts
    of all who would get it."""
    for match in RENDERED.finditer(text):
        address = match[2]
        if address.startswith(MAILTO):
            yield from (recipient[1] for recipient in _RECIPIENT.finditer(unquote(address)))
        elif found := _AUTHORITY.match(address):
            yield found[1]


def _authorities(text: str) -> Iterator[str]:
    """The part of each link between the scheme and the path."""
    yield from (match[1] for match in _SCHEME.finditer(text))
    rest = _SCHEME.sub(" ", text)
    yield from (match[1] for match in _WWW.finditer(rest))
    for match in _BARE.finditer(_WWW.sub(" ", rest)):
        if match[3] or READ_AS_ADDRESS.fullmatch(match[2]):
            yield match[1]


def _judged(authority: str) -> Link:
    before, at, host = authority.rpartition("@")
    name = re.sub(r":\d*$", "", host).strip(".,;:!…").lower()
    if at and before:
        return Link(name, "hidden")
    if is_address(name):
        return Link(name, "address")
    shown = readable(name)
    if any(_is_lookalike(label) for label in shown.split(".")):
        return Link(shown, "lookalike")
    try:
        name = ascii_form(name)
    except BadHostname:
        return Link(shown, "lookalike")
    if is_address(name):
        return Link(name, "address")
    short = SHORTENERS & {name, registrable(name) or name}
    return Link(shown, "shortener" if short else "plain")


def _is_lookalike(label: str) -> bool:
    scripts = {_script(letter) for letter in label if letter.isalpha()}
    if len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}) > 1:
        return True
    letters = [letter for letter in label if letter.isalpha()]
    return bool(letters) and "LATIN" not in scripts and all(letter in _LIKE_LATIN for letter in letters)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def skeleton(text: str) -> str:
    """The text as a hasty reader sees it: small, without accents, spaces and signs, digits and foreign letters as
    the Latin ones that they stand in for (after UTS 39, 4)."""
    small = unicodedata.normalize("NFKD", text).casefold()
    latin = "".join(_LIKE_LATIN.get(each, each) for each in small if not unicodedata.combining(each))
    return re.sub(r"[\W_]+", "", latin.translate(str.maketrans("0135", "oles")))
