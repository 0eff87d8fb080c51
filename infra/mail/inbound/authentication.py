"""Whether a mail comes from whom it says it comes from.

The address in its From line is proved when a domain that fits it has signed the mail (DKIM), or lets the server
that brought it send for it (SPF). When neither holds, the domain's own rule (DMARC) says what that means: it is
`failed` where the domain asks that such mail is not let in, and `unverified` everywhere else. Not being able to ask
that domain itself is never a failure. The silence of a name that the sender chose below it, as a signature's key or
the envelope's domain, is no excuse: a forger would choose one that nobody serves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from infra.dns import NameserversAway
from infra.mail.inbound import dmarc, signatures, spf
from infra.mail.inbound.dmarc import Rule
from infra.mail.inbound.lookups import AskedTooMuch, Lookups
from infra.mail.inbound.originator import Author, domain_of
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
    author: str = ""
    """`unclear` where the From line can be read in more than one way."""

    @property
    def codes(self) -> Mapping[str, str]:
        """As it is stored."""
        told = {"dkim": self.dkim, "spf": self.spf, "dmarc": self.policy}
        return {**told, "author": self.author} if self.author else told


def check(mail: bytes, author: Author, hop: Trace | None, asks: Lookups) -> Checked:
    """Checks the mail as it came, whose author was read from it. Asks name servers; never raises.

    `hop`: who handed it to us, None where that is not known. A mail with several authors is as bad as the worst of
    them, and nobody is proved by a From line that can be read in two ways.
    """
    found, aside = Checked("unverified"), asks.aside()
    for number, address in enumerate(author.addresses):
        domain = domain_of(address)
        checked = _checked(mail, domain, hop, asks, aside) if domain else found
        if number == 0 or checked.result == "failed":
            found = checked
        if found.result == "failed":
            break
    if author.is_clear:
        return found
    return replace(found, result="failed" if found.result == "failed" else "unverified", author="unclear")


def _checked(mail: bytes, domain: str, hop: Trace | None, asks: Lookups, aside: Lookups) -> Checked:
    """Whether anybody proves that the mail comes from the domain; `aside` is asked for what a signature names."""
    try:
        rule = dmarc.rule_of(domain, asks)
    except (NameserversAway, AskedTooMuch):
        return Checked("unverified", "temperror", "temperror")
    signed = signatures.check(mail, aside, lambda by: rule.fits(by, aside, strict=rule.strict_signature))
    if signed == "pass":
        return Checked("verified", signed, policy=rule.policy)
    is_refused = rule.policy in REFUSING and _is_there(domain, asks)
    sent = _sent(rule, hop, asks)
    if sent == "pass":
        return Checked("verified", signed, sent, rule.policy)
    is_unknown = sent == "temperror" and hop is not None and spf.domain_of(hop.sender, hop.helo) == domain
    return Checked("failed" if is_refused and not is_unknown else "unverified", signed, sent, rule.policy)


def _is_there(domain: str, asks: Lookups) -> bool:
    """Whether the domain's own name servers answer, whatever they say."""
    try:
        asks.texts(domain)
    except NameserversAway:
        return False
    except AskedTooMuch:
        return True
    return True


def _sent(rule: Rule, hop: Trace | None, asks: Lookups) -> str:
    """What SPF says, when it speaks of a domain that fits the sender's."""
    if hop is None:
        return ""
    domain = spf.domain_of(hop.sender, hop.helo)
    try:
        fits = rule.fits(domain, asks, strict=rule.strict_server)
    except NameserversAway:
        return "temperror"
    except AskedTooMuch:
        return "permerror"
    return spf.check(hop.peer, hop.sender, hop.helo, asks) if fits else "other"
