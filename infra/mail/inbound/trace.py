"""What the receiver writes above a mail before it is stored: who handed it over, and to which mailbox.

The lines stand in the file and not in a row, because they are part of the evidence, and because they are written
with the mail before anything else can fail.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from infra.mail.inbound.mime import Headers

Networks = Sequence[IPv4Network | IPv6Network]

_LINES = re.compile(
    rb"Return-Path: <(?P<sender>[^\r\n]*)>\r\nDelivered-To: [^\r\n]*\r\n"
    rb"(?:X-Rapport-Peer: (?P<peer>[0-9a-fA-F.:]*) (?P<helo>[^\r\n]*)\r\n)?"
)
_ADDRESS = re.compile(r"\[(?:IPv6:)?([0-9a-fA-F.:]{3,45})\]", re.IGNORECASE)
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
    return f"Return-Path: <{trace.sender}>\r\nDelivered-To: {local}\r\n{peer}".encode()


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
    try:
        peer = ip_address(trace.peer)
    except ValueError:
        return None
    if not any(peer in network for network in relays):
        return None if peer.is_loopback or peer.is_link_local else trace
    noted = next(iter(headers.all("received")), "").partition(" by ")[0]
    named = _ADDRESS.findall(noted)
    try:
        before = ip_address(named[-1]) if named else None
    except ValueError:
        return None
    if before is None or before.is_loopback:
        return None
    words = noted.split()
    return Trace(trace.sender, str(before), words[1] if len(words) > 1 and words[0].lower() == "from" else "")
