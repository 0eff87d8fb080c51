"""The two records in DNS: one proves that whoever owns the domain wants it here, one leads customers here."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from infra.dns import NameserversAway, Resolver
from infra.settings import Settings

CHALLENGE = "_rapport-challenge"
PROOF = "rapport-domain="

State = Literal["unknown", "found", "missing", "elsewhere", "unanswered"]
"""Of one record. `elsewhere`: there is one and it says something else; `unanswered`: the name servers are away."""

LONGEST_SEEN = 120


@dataclass(frozen=True, slots=True)
class Records:
    """What is to be set in DNS for a claim."""

    text_name: str
    text_value: str
    pointer_name: str
    pointer_target: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look at DNS found. `texts` are all values at the challenge's name, also those of other workspaces."""

    text: State
    text_seen: str | None
    pointer: State
    pointer_seen: str | None
    texts: tuple[str, ...] = ()


def records_for(settings: Settings, slug: str, host: str, token: str) -> Records:
    """What the owner of the domain has to set."""
    return Records(f"{CHALLENGE}.{host}", proof(token), host, target(settings, slug))


def proof(token: str) -> str:
    """The value of the TXT record for a token."""
    return PROOF + token


def target(settings: Settings, slug: str) -> str:
    """The name that customers' domains point at."""
    return (settings.domain_target or f"{slug}.{base_host(settings)}").lower().rstrip(".")


def base_host(settings: Settings) -> str:
    """The platform's own host."""
    return (urlsplit(settings.base_url).hostname or "localhost").lower()


def look(resolver: Resolver, wanted: Records) -> Findings:
    """Asks for both records. Takes seconds when name servers are slow: hold no connection meanwhile."""
    try:
        texts = resolver.texts(wanted.text_name)
    except NameserversAway:
        return Findings("unanswered", None, "unanswered", None)
    text, text_seen = _text(texts, wanted.text_value)
    try:
        pointer, pointer_seen = _pointer(resolver, wanted)
    except NameserversAway:
        pointer, pointer_seen = "unanswered", None
    return Findings(text, text_seen, pointer, pointer_seen, texts)


def _text(texts: tuple[str, ...], wanted: str) -> tuple[State, str | None]:
    if wanted in (text.strip() for text in texts):
        return "found", None
    return ("elsewhere", _shown(texts[0])) if texts else ("missing", None)


def _pointer(resolver: Resolver, wanted: Records) -> tuple[State, str | None]:
    """By alias, or by addresses: a domain without a label in front cannot have an alias (RFC 1034, 3.6.2)."""
    aliases = resolver.aliases(wanted.pointer_name)
    if wanted.pointer_target in aliases:
        return "found", None
    there = resolver.addresses(wanted.pointer_name)
    if there and set(there) <= set(resolver.addresses(wanted.pointer_target)):
        return "found", None
    if aliases:
        return "elsewhere", _shown(aliases[-1])
    return ("elsewhere", _shown(", ".join(there))) if there else ("missing", None)


def _shown(text: str) -> str:
    """What a stranger wrote into DNS, as a page may show it."""
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable if len(printable) <= LONGEST_SEEN else printable[: LONGEST_SEEN - 1] + "…"
