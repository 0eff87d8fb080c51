"""Who a mail says has written it: its From line, by the letter (RFC 5322, 3.4 and 3.6.2; RFC 6854).

A forger writes a From line that one program reads like this and the next one like that. So there are two readings.
A line that holds one mailbox in plain spelling is `is_clear`; of any other the best is made, so that a person can
look for whose it may be, but nothing proves it. That holds too where the name that is shown holds an address of its
own, and where a line of the head could be taken for another From.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import idna

from infra.mail.inbound import mime
from infra.mail.inbound.mime import Headers

LONGEST = 2_000
"""Characters of a From line that are read."""
MOST = 5
"""Mailboxes whose domains are asked; honest mail has one."""
NAME_MOST = 200

_LETTER = r"[^\s()<>\[\]:;@\\,.\"\x00-\x20\x7f-\x9f]"
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_COMMENT = r"\((?:[^()\\]|\\.)*+\)"
_PLAIN = rf"{_LETTER}++(?:\.{_LETTER}++)*+@{_LETTER}++(?:\.{_LETTER}++)*+"
_ANGLED_MAILBOX = re.compile(
    rf"(?P<name>(?:{_LETTER}|{_QUOTED}|{_COMMENT}|[ \t.])*+)<[ \t]*(?P<address>{_PLAIN})[ \t]*>[ \t]*"
    rf"(?P<after>{_COMMENT})?[ \t]*"
)
_BARE_MAILBOX = re.compile(rf"(?P<address>{_PLAIN})[ \t]*(?P<name>(?P<after>{_COMMENT}))?[ \t]*")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]{1,300}@[^\s<>()\[\],;:\"@]{1,255}")
_ASIDE = re.compile(rf"{_QUOTED}|{_COMMENT}")
_QUOTES = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_SHOWN_ADDRESS = re.compile(r"[\w.+'-]+\s*@\s*[\w-]+(?:\s*\.\s*[\w-]+)+")
_DOTS = re.compile("[\u00b7\u0701\u0702\u06d4\u2027\u2219\u22c5\u3002\u30fb]")
"""What looks like a dot, or is one to programs that look names up (UTS 46), and is not made one by NFKC."""
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks of which nothing is to be seen (Default_Ignorable_Code_Point, and the empty Braille cell)."""
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote: the mailboxes that are named, the shown one first; `name` is what stands before it."""

    addresses: tuple[str, ...] = ()
    name: str = ""
    is_clear: bool = False
    """Whether everybody must read it so."""

    @property
    def address(self) -> str:
        """The one that is shown, "" when nobody is named."""
        return self.addresses[0] if self.addresses else ""


def read(headers: Headers) -> Author:
    """The author of a mail. Never raises; who is not to be made out is nobody."""
    lines = headers.all("from")
    if any(len(line) > LONGEST for line in lines):
        return Author()
    found = _mailbox(lines[0]) if len(lines) == 1 else None
    if found is None:
        return _best_of(lines)
    address, name, more = found
    if not _is_address(address):
        return Author()
    is_known = headers.is_sound and (headers.is_utf8 or address.isascii())
    is_clear = is_known and _is_plain(address) and not _names_another(f"{name} {more}", address)
    return Author((address,), name[:NAME_MOST].strip(), is_clear)


def domain_of(address: str) -> str:
    """The address's domain as name servers know it; "" where it can be none."""
    domain = address.rpartition("@")[2].rstrip(".").lower()
    try:
        known = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""
    return known if _DOMAIN.fullmatch(known) else ""


def _mailbox(line: str) -> tuple[str, str, str] | None:
    """Address, name and what stands behind, of a line that is one mailbox; None for what is more or other."""
    found = _ANGLED_MAILBOX.fullmatch(line) or _BARE_MAILBOX.fullmatch(line)
    if found is None:
        return None
    name, after = (found["name"] or "").strip(), (found["after"] or "")[1:-1]
    return found["address"], _shown(after if found.re is _BARE_MAILBOX else name), _shown(after)


def _best_of(lines: Sequence[str]) -> Author:
    """All addresses that stand in the lines outside of quotes and comments."""
    whole = " , ".join(lines)
    outside = whole
    for _ in range(MOST):  # comments within comments
        outside = _ASIDE.sub(" ", outside)
    named = [each.rstrip(".") for each in _ADDRESS.findall(outside)]
    addresses = tuple(dict.fromkeys(each for each in named if _is_address(each)))[:MOST]
    before, found, _ = whole.partition(f"<{addresses[0]}") if addresses else ("", "", "")
    name = _shown(before.strip()) if found else ""
    return Author(addresses, "" if _SHOWN_ADDRESS.search(_seen(name)) else name[:NAME_MOST].strip())


def _shown(written: str) -> str:
    """A name as people see it: without its quotes, its encoded words decoded."""
    bare = _QUOTES.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted[1]), written)
    return mime.decoded_words(bare)


def _is_address(text: str) -> bool:
    """Whether mail could go there, and all of it is to be seen."""
    return bool(domain_of(text)) and all(unicodedata.category(letter)[0] not in "CZ" for letter in text)


def _is_plain(address: str) -> bool:
    """Whether no program decodes or folds a part of it, and nothing in it is there without being seen."""
    local = address.rpartition("@")[0]
    if "=?" in address or _BLANK.search(address):
        return False
    return unicodedata.normalize("NFKC", local).casefold() == local.lower()


def _names_another(name: str, address: str) -> bool:
    """Whether what is shown before an address is another one, as "boss@bank.example" <thief@example.org>."""
    named = ["".join(each.split()) for each in _SHOWN_ADDRESS.findall(_seen(name))]
    return any(each.strip(".'").lower() != address.lower() for each in named)


def _seen(name: str) -> str:
    """A name without marks and what cannot be seen; what looks like an at sign or a dot is one."""
    usual = unicodedata.normalize("NFKC", _BLANK.sub("", name))
    return _DOTS.sub(".", "".join(each for each in usual if unicodedata.category(each) not in ("Cf", "Mn", "Me")))
