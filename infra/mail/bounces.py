"""What a server's refusal says about an address: one table for SMTP replies, mails that come back, and SES.

`hard`: the address takes no mail and will not. `soft`: not now, or not this mail: a full mailbox, a filter, a
server that is away; it counts, and says nothing yet. RFC 3463 names the codes, and servers use them as they please,
so what the text says outright goes before what the code says.
"""

import re
from typing import Literal

Kind = Literal["hard", "soft", "complaint", "reply", "delivered", "unknown"]

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_REPLY_CODE = re.compile(r"(?<![\d.:])([45]\d\d)(?=[ \-#]|$)")
_ADDRESS = re.compile(r"[^\s<>()\"']+@[^\s<>()\"']+")

HARD_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.9", "5.1.10", "5.2.1", "5.4.4"})
"""RFC 3463 with RFC 7505 (5.1.10, null MX): no such mailbox, domain or route; a mailbox that is closed."""

_GONE = re.compile(
    r"user(?:name)? (?:is )?unknown|unknown (?:user|recipient|address|local|mailbox|account)"
    r"|no such (?:user|recipient|address|mailbox|account|person|domain)|no mailbox here"
    r"|(?:user|mailbox|account|address|recipient|member)[^.;:]{0,60} "
    r"(?:does(?:n't| not) exist|not (?:found|exist)|is (?:disabled|inactive|closed|suspended|deactivated)"
    r"|has been (?:disabled|closed|suspended|deactivated))"
    r"|invalid (?:recipient|mailbox|user|address)|(?:recipient|user|mailbox) (?:is )?(?:not found|invalid)"
    r"|rejected: (?:undeliverable|access denied)|recipnotfound|unrouteable address|not listed in"
    r"|doesn't have a \S+ account|that you tried to reach|disabled (?:user|mailbox)|mailbox unavailable"
    r"|host or domain name not found|domain (?:does not exist|not found)|account (?:disabled|closed|inactive)"
    r"|unbekannte[rn]? empf|empf\S+ unbekannt"
    r"|(?:konto|postfach)[^.;:]{0,40} (?:existiert nicht|deaktiviert|gesperrt)"
    r"|utilisateur inconnu|adresse inconnue|bo[iî]te [^.;:]{0,30}d[ée]sactiv[ée]e",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"mailbox (?:is )?(?:full|exceeded)|over ?quota|quota (?:is )?exceeded|mailbox size limit"
    r"|exceed(?:s|ed) (?:\S+ ){0,3}(?:quota|storage)|insufficient (?:system )?storage"
    r"|not enough (?:space|storage)|out of storage|(?:postfach|mailbox) (?:ist )?voll"
    r"|bo[iî]te (?:\S+ )?pleine|quota d[ée]pass",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"spam|black ?list|block ?list|\bblocked\b|dnsbl|\brbl\b|reputation|greylist|grey-list|rate limit|too many"
    r"|polic(?:y|ies)|dmarc|\bspf\b|\bdkim\b|message (?:size|too large)|too (?:large|big)"
    r"|content (?:rejected|filter)|virus|relay(?:ing)? (?:access )?denied|unable to relay"
    r"|access denied|not authori[sz]ed",
    re.IGNORECASE,
)


def classify(status: str, text: str, action: str = "") -> Kind:
    """The kind of a report by its status (RFC 3463, may be empty), what the server said, and the DSN's action."""
    if action in ("delivered", "relayed", "expanded"):
        return "delivered"
    code = _REPLY_CODE.search(text)
    if action == "delayed" or status.startswith("4.") or (not status and code and code[1].startswith("4")):
        return "soft"
    if status.startswith("2."):
        return "delivered"
    if _FULL.search(text) or status in ("5.2.2", "5.2.3", "5.3.4"):
        return "soft"
    filtered = _FILTERED.search(text) is not None
    if _GONE.search(text) and not (filtered and status.startswith("5.7.")):
        return "hard"
    if status in HARD_CODES and not filtered:
        return "hard"
    return "soft" if status.startswith("5.") or filtered or code is not None else "unknown"


def status_in(text: str, said: str = "") -> str:
    """The most telling status: the one that is stated unless it says nothing (5.0.0), else the one in the text."""
    found = [".".join(parts) for parts in _ENHANCED.findall(text)]
    telling = next((each for each in found if not each.endswith(".0.0")), "")
    if said and not said.endswith(".0.0"):
        return said
    return telling or said or (found[0] if found else "")


def without_addresses(text: str, most: int = 400) -> str:
    """What may be kept and shown: one line, nobody's address in it."""
    return _ADDRESS.sub("(address)", " ".join(text.split()))[:most]
