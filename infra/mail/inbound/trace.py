"""What the receiver writes above a mail before it is stored: who handed it over, and to which mailbox.

The lines stand in the file and not in a row, because they are part of the evidence, and because they are written
with the mail before anything else can fail.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from infra.mail.inbound.mime import Headers

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

_LINES = re.compile(
    rb"Return-Path: <(?P<sender>[^\r\n]*)>\r\nDelivered-To: [^\r\n]*\r\n"
    rb"(?:X-Rapport-Peer: (?P<peer>[0-9a-fA-F.:]*) (?P<helo>[^\r\n]*)\r\n)?"
)
_ADDRESS = re.compile(r"\[(?:IPv6:)?([0-9a-fA-F.:]{3,45})\]", re.IGNORECASE)
_BARE_ADDRESS = re.compile(r"\((?:[^\s()@]{1,64}@)?([0-9a-fA-F.:]{3,45})\)")
_CLAIM = re.compile(r"(?<![\w.-])(?:helo|ehlo)([= ])([^\s()]*)", re.IGNORECASE)
"""What whoever connected calls itself, as Exim (`=`) and qmail note it beside its address."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ODD = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Trace:
    """The envelope sender ("" is the null sender), the address that connected, and what it called itself."""

    sender: str
    peer: str = ""
    helo: str = ""


def written(trace: Trace, local: str) -> bytes:
    """The lines."""
    helo = _ODD.sub("", trace.helo)[:255]
    peer = f"X-Rapport-Peer: {trace.peer} {helo}\r\n" if trace.peer else ""
    sender = _CONTROLS.sub("", trace.sender)
    return f"Return-Path: <{sender}>\r\nDelivered-To: {local}\r\n{peer}".encode()


def split(stored: bytes) -> tuple[Trace, bytes]:
    """The lines as they were written, and the mail as it came."""
    found = _LINES.match(stored)
    if found is None:
        return Trace(""), stored
    sender, peer, helo = (found[name] or b"" for name in ("sender", "peer", "helo"))
    trace = Trace(sender.decode("utf-8", "replace"), peer.decode("ascii"), helo.decode("ascii", "replace"))
    return trace, stored[found.end() :]


def networks(setting: str) -> Networks:
    """The networks that a setting names. Raises ValueError."""
    return [ip_network(each) for each in setting.split()]


def first_hop(trace: Trace, headers: Headers, relays: Networks) -> Trace | None:
    """Who handed the mail to the first server of ours; None where that cannot be known.

    Behind servers of ours that is what the topmost of them noted, which nobody else can have written. From a
    machine beside us nothing can be learned.
    """
    peer = _address(trace.peer)
    if peer is None:
        return None
    if not any(peer in network for network in relays):
        return None if peer.is_loopback or peer.is_link_local else replace(trace, peer=str(peer))
    before, helo = _noted(next(iter(headers.all("received")), "").partition(" by ")[0])
    return None if before is None or before.is_loopback else Trace(trace.sender, str(before), helo)


def _noted(line: str) -> tuple[Address | None, str]:
    """Address and name of who connected, from the beginning of a Received line; None when it could be another.

    Postfix and Sendmail write `from NAME (host [ADDRESS])`, Exim `from host ([ADDRESS] helo=NAME)` or `from
    [ADDRESS] (helo=NAME)`, Exchange `from NAME (ADDRESS)`, qmail `from host (HELO NAME) (ADDRESS)`. A name is what
    a stranger says, who chooses also what stands at its address's reverse name: so nothing is cut out of the line,
    and one that holds two addresses, wherever they come from, names none.
    """
    word, first, beside = [*line.split(None, 2), "", "", ""][:3]
    if word.lower() != "from":
        return None, ""
    claim = _CLAIM.search(beside)
    name = (claim and claim[2]) or first
    bracketed = _ADDRESS.findall(beside)
    named = bracketed + _BARE_ADDRESS.findall(beside)
    if claim and claim[1] == "=":  # Exim, which has the address in front of the claim
        noted = _ADDRESS.findall(first)
        if not noted and not beside.startswith("(["):
            return None, name
        named += noted
    elif claim and bracketed:  # qmail, which writes no brackets
        return None, name
    found = {address for each in named if (address := _address(each))}
    return found.pop() if len(found) == 1 else None, name


def _address(text: str) -> Address | None:
    """An address, IPv4 as such also where it came over IPv6."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found
