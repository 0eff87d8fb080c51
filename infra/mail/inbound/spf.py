"""Whether a domain lets the server that connected send for it (SPF, RFC 7208).

Written by hand (decision 091): what the domain says is read whole before it is believed, and asks at most ten
questions of its own.
"""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal
from urllib.parse import quote

from infra.dns import NameserversAway
from infra.mail.inbound.lookups import AskedTooMuch, Lookups

Result = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]
Address = IPv4Address | IPv6Address

MOST_LOOKUPS = 10
MOST_VOID = 2
MOST_EXCHANGERS = 10
MOST_TERMS = 300

_QUALIFIERS: dict[str, Result] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)
_LENGTHS = re.compile(r"(?:/(\d{1,2}))?(?://(\d{1,3}))?\Z")
_MACRO = re.compile(r"%(?:\{([slodiphv])(\d{0,3})(r?)([.+,/_=-]*)\}|([%_-])|(.?))", re.IGNORECASE)


class _Wrong(Exception):
    """What the domain says cannot be understood, or asks for too much."""


@dataclass(frozen=True, slots=True)
class _Term:
    result: Result
    name: str
    target: str
    four: int = 32
    six: int = 128


@dataclass(slots=True)
class _Question:
    """One mail's: who connected, for whom, and what may still be asked."""

    peer: Address
    sender: str
    helo: str
    asks: Lookups
    lookups: int = field(default=MOST_LOOKUPS)
    voids: int = field(default=MOST_VOID)

    def count(self) -> None:
        self.lookups -= 1
        if self.lookups < 0:
            raise _Wrong

    def some(self, found: tuple[str, ...]) -> tuple[str, ...]:
        """Counts names that have nothing: a domain may not send us asking at random (RFC 7208, 4.6.4)."""
        if not found:
            self.voids -= 1
            if self.voids < 0:
                raise _Wrong
        return found


def domain_of(sender: str, helo: str) -> str:
    """The domain that is asked: the envelope sender's, or of a mail without one the server's name."""
    return (sender.rpartition("@")[2] or helo).rstrip(".").lower()


def check(peer: str, sender: str, helo: str, asks: Lookups) -> Result:
    """What the domain of the envelope sender says about the server that connected."""
    domain = domain_of(sender, helo)
    asked = _Question(ip_address(peer), sender or f"postmaster@{domain}", helo, asks)
    try:
        return _check(asked, domain, frozenset())
    except NameserversAway:
        return "temperror"
    except (_Wrong, AskedTooMuch, ValueError):
        return "permerror"


def _check(asked: _Question, domain: str, above: frozenset[str]) -> Result:
    if domain in above:  # it includes itself
        raise _Wrong
    records = [each for each in asked.asks.texts(domain) if re.match(r"v=spf1(?: |\Z)", each, re.IGNORECASE)]
    if not records:
        return "none"
    if len(records) > 1:
        raise _Wrong
    terms, redirect = _read(records[0])
    for term in terms:
        if _matches(asked, term, domain, above | {domain}):
            return term.result
    if redirect:
        asked.count()
        found = _check(asked, _expanded(asked, redirect, domain), above | {domain})
        if found == "none":
            raise _Wrong
        return found
    return "neutral"


def _read(record: str) -> tuple[list[_Term], str]:
    """All that it says. Raises _Wrong for what is no SPF, also behind what would have matched."""
    terms: list[_Term] = []
    redirect = ""
    for word in record.split()[1:]:
        changed = _MODIFIER.fullmatch(word)
        if changed is not None:
            if changed[1].lower() == "redirect":
                if redirect or not changed[2]:
                    raise _Wrong
                redirect = changed[2]
            continue
        terms.append(_term(word))
    if len(terms) > MOST_TERMS:
        raise _Wrong
    return terms, "" if any(term.name == "all" for term in terms) else redirect


def _term(word: str) -> _Term:
    qualifier, rest = (word[0], word[1:]) if word[0] in _QUALIFIERS else ("+", word)
    name = re.match(r"[a-z0-9]*", rest, re.IGNORECASE)
    assert name is not None
    kind, rest, result = name[0].lower(), rest[name.end() :], _QUALIFIERS[qualifier]
    if kind in ("ip4", "ip6"):
        network = ip_network(rest.removeprefix(":"), strict=False)
        if not rest.startswith(":") or network.version != int(kind[2]):
            raise _Wrong
        return _Term(result, kind, str(network))
    lengths = _LENGTHS.search(rest) if kind in ("a", "mx") else None
    if lengths is not None:
        rest = rest[: lengths.start()]
    target = rest.removeprefix(":")
    if kind not in ("all", "include", "a", "mx", "ptr", "exists") or (rest and not (rest[0] == ":" and target)):
        raise _Wrong
    if (kind in ("include", "exists")) > bool(target) or (kind == "all" and target):
        raise _Wrong
    four, six = (int(lengths[1] or 32), int(lengths[2] or 128)) if lengths else (32, 128)
    if four > 32 or six > 128:
        raise _Wrong
    return _Term(result, kind, target, four, six)


def _matches(asked: _Question, term: _Term, domain: str, above: frozenset[str]) -> bool:
    if term.name == "all":
        return True
    if term.name in ("ip4", "ip6"):
        return asked.peer in ip_network(term.target)
    asked.count()
    if term.name == "ptr":  # not to be used (RFC 7208, 5.5), and the peer's owner writes what it would say
        return False
    target = _expanded(asked, term.target, domain) if term.target else domain
    if term.name == "include":
        found = _check(asked, target, above)
        if found == "none":
            raise _Wrong
        return found == "pass"
    if term.name == "exists":
        return any(":" not in each for each in asked.some(asked.asks.addresses(target)))
    names = (target,) if term.name == "a" else asked.some(asked.asks.exchangers(target))
    if len(names) > MOST_EXCHANGERS:
        raise _Wrong
    return any(_is_at(asked, name, term) for name in names)


def _is_at(asked: _Question, name: str, term: _Term) -> bool:
    length = term.four if asked.peer.version == 4 else term.six
    found = [ip_address(each) for each in asked.some(asked.asks.addresses(name))]
    same = [each for each in found if each.version == asked.peer.version]
    return any(asked.peer in ip_network(f"{each}/{length}", strict=False) for each in same)


def _expanded(asked: _Question, text: str, domain: str) -> str:
    """A domain with its macros (RFC 7208, 7) filled in, its end where it is too long."""
    local, _, own = asked.sender.rpartition("@")
    dotted = str(asked.peer) if asked.peer.version == 4 else ".".join(asked.peer.exploded.replace(":", ""))
    said = {
        **{"s": asked.sender, "l": local, "o": own, "d": domain, "i": dotted, "p": "unknown"},
        **{"v": "in-addr" if asked.peer.version == 4 else "ip6", "h": asked.helo},
    }

    def filled(found: re.Match[str]) -> str:
        if found[5]:
            return {"%": "%", "_": " ", "-": "%20"}[found[5]]
        if not found[1]:
            raise _Wrong
        parts = re.split(f"[{re.escape(found[4] or '.')}]", said[found[1].lower()])
        if found[3]:
            parts.reverse()
        if found[2]:
            if not int(found[2]):
                raise _Wrong
            parts = parts[-int(found[2]) :]
        joined = ".".join(parts)
        return quote(joined, safe="") if found[1].isupper() else joined

    whole = _MACRO.sub(filled, text)
    while len(whole) > 253 and "." in whole:
        whole = whole.partition(".")[2]
    return whole.rstrip(".").lower()
