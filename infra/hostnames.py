"""Host names as people type them and as the net knows them, and which part of a name somebody registered.

Names are kept in their ASCII form (IDNA 2008 with the mappings of UTS 46, so that `Bücher.example` is
`xn--bcher-kva.example`). Public suffixes, below which anybody may register, come from the list that browsers use,
https://publicsuffix.org/list/, by the algorithm described there.
"""

import ipaddress
import re
from functools import lru_cache
from pathlib import Path

import idna

from infra.errors import Invalid
from infra.i18n import N_

LONGEST = 253
"""Characters of a whole name, RFC 1035 2.3.4 without the final dot."""
SUFFIXES = Path(__file__).parent / "data" / "public_suffixes.txt"

NOT_PUBLIC = frozenset({"alt", "arpa", "internal", "invalid", "lan", "local", "localhost", "onion"})
"""Top-level names that never lead anywhere on the open net (RFC 6761, 6762, 7686, 9476)."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DECORATION = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class BadHostname(Invalid):
    """What was written is no host name that could be somebody's on the open net."""

    code = "bad_hostname"
    message = N_("Write a domain such as feedback.example.org.")


IS_ADDRESS = N_("This is a network address. Write a domain such as feedback.example.org.")
IS_SUFFIX = N_("Nobody owns this name alone. Write your domain, such as feedback.example.org.")
NOWHERE = N_("A name that ends like this cannot be reached on the internet.")
TOO_LONG = N_("This name is too long.")


def normalise(typed: str) -> str:
    """The ASCII form of a host name as somebody typed or pasted it, also as an address with a scheme and a path.

    Raises BadHostname for whatever cannot be a name below a public suffix: network addresses in any notation,
    single labels, wildcards, names with a user or a port, and public suffixes themselves.
    """
    name = _DECORATION.sub("", typed.strip()).split("/", 1)[0].rstrip(".")
    if is_address(name):
        raise BadHostname(IS_ADDRESS)
    name = ascii_form(name)
    labels = name.split(".")
    if len(name) > LONGEST:
        raise BadHostname(TOO_LONG)
    if len(labels) < 2:
        raise BadHostname()
    if labels[-1].isdigit():
        raise BadHostname(IS_ADDRESS)
    if labels[-1] in NOT_PUBLIC:
        raise BadHostname(NOWHERE)
    if registrable(name) is None:
        raise BadHostname(IS_SUFFIX)
    return name


def ascii_form(name: str) -> str:
    """The name in small ASCII letters. Raises BadHostname when it has a label that no name can have."""
    try:
        encoded = idna.encode(name, uts46=True, std3_rules=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        raise BadHostname() from None
    if not all(_LABEL.fullmatch(label) for label in encoded.split(".")):
        raise BadHostname()
    return encoded


def readable(name: str) -> str:
    """The name as people write it: `xn--bcher-kva.example` is `bücher.example`."""
    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        return name


def registrable(name: str) -> str | None:
    """The part of the name that somebody registered, `example.co.uk` of `a.b.example.co.uk`; None for a suffix."""
    labels = name.split(".")
    suffix = _suffix_length(labels)
    return ".".join(labels[-suffix - 1 :]) if len(labels) > suffix else None


def within(name: str, parent: str) -> bool:
    """Whether the name is the parent or stands below it."""
    return name == parent or name.endswith("." + parent)


def _suffix_length(labels: list[str]) -> int:
    """How many labels belong to the public suffix. The longest rule wins, an exception over all; else one label."""
    rules = _rules()
    for start in range(len(labels)):
        rest = labels[start:]
        whole, below = ".".join(rest), ".".join(["*", *rest[1:]])
        if "!" + whole in rules:
            return len(rest) - 1
        if whole in rules or (len(rest) > 1 and below in rules):
            return len(rest)
    return 1


def is_address(name: str) -> bool:
    """Whether a program could read it as an IP address, also in hexadecimal or octal notation."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return bool(re.fullmatch(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+))*", name, re.IGNORECASE))
    return True


@lru_cache(1)
def _rules() -> frozenset[str]:
    lines = SUFFIXES.read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if not line.startswith("//"))
