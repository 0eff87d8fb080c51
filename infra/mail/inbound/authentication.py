"""Whether a mail comes from whom it says it comes from.

The address in its From line is proved when a domain that fits it has signed the mail (DKIM), or lets the server
that brought it send for it (SPF). When neither holds, the domain's own rule (DMARC) says what that means: it is
`failed` where the domain asks that such mail is not let in, and `unverified` everywhere else. Not being able to ask
is never a failure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import idna

from infra.dns import NameserversAway
from infra.mail.inbound import dmarc, signatures, spf
from infra.mail.inbound.dmarc import Rule
from infra.mail.inbound.lookups import Lookups
from infra.mail.inbound.mime import Headers
from infra.mail.inbound.trace import Trace

Result = Literal["verified", "unverified", "failed"]
RESULTS: tuple[Result, ...] = ("verified", "unverified", "failed")
REFUSING = ("quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: DKIM's and SPF's results where they fit the sender, and the rule; "" is not asked."""

    result: Result
    dkim: str = ""
    spf: str = ""
    policy: str = ""

    @property
    def codes(self) -> Mapping[str, str]:
        """As it is stored."""
        return {"dkim": self.dkim, "spf": self.spf, "dmarc": self.policy}


def check(mail: bytes, headers: Headers, sender: str, hop: Trace | None, asks: Lookups) -> Checked:
    """Checks the mail as it came, of a sender whose address was read from it. Asks name servers; never raises.

    `hop`: who handed it to us, None where that is not known.
    """
    domain = _domain(sender)
    if not domain or len(headers.all("from")) != 1 or sender not in headers.get("from"):
        return Checked("unverified")
    try:
        rule = dmarc.rule_of(domain, asks)
        signed = signatures.check(mail, asks, lambda by: rule.fits(by, asks, strict=rule.strict_signature))
        if signed == "pass":
            return Checked("verified", signed, policy=rule.policy)
        sent = _sent(rule, hop, asks)
    except NameserversAway:
        return Checked("unverified", "temperror", "temperror")
    if sent == "pass":
        return Checked("verified", signed, sent, rule.policy)
    is_known = "temperror" not in (signed, sent)
    result: Result = "failed" if is_known and rule.policy in REFUSING else "unverified"
    return Checked(result, signed, sent, rule.policy)


def _sent(rule: Rule, hop: Trace | None, asks: Lookups) -> str:
    """What SPF says, when it speaks of a domain that fits the sender's."""
    if hop is None:
        return ""
    domain = spf.domain_of(hop.sender, hop.helo)
    if not rule.fits(domain, asks, strict=rule.strict_server):
        return "other"
    return spf.check(hop.peer, hop.sender, hop.helo, asks)


def _domain(sender: str) -> str:
    """The sender's domain as name servers know it; "" where it is none."""
    domain = sender.rpartition("@")[2].rstrip(".").lower()
    try:
        return domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""
