"""What is to be set in DNS for a domain to send from, and a look at what is there.

DKIM (RFC 6376, 3.6.1) is needed: it proves the domain and carries the signature. SPF (RFC 7208) and DMARC
(RFC 7489) are advised: some receivers want to see both.
"""

import re
from dataclasses import dataclass
from typing import Literal

from infra.dns import NameserversAway, Resolver
from infra.hostnames import registrable
from infra.settings import Settings
from tenants.models import SenderDomain

Kind = Literal["dkim", "spf", "dmarc"]
State = Literal["found", "missing", "elsewhere", "unanswered"]
LONGEST_SEEN = 160
_TAG = re.compile(r"\s*([a-z]+)\s*=\s*([^;]*)")


@dataclass(frozen=True, slots=True)
class Record:
    """One TXT record that the owner of the domain sets."""

    kind: Kind
    name: str
    value: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands there: `elsewhere` is a record that says something else."""

    state: State
    text: str = ""

    def as_json(self) -> dict[str, str]:
        """As the claim keeps it."""
        return {"state": self.state, "seen": self.text}


def records_for(settings: Settings, domain: SenderDomain) -> tuple[Record, ...]:
    """In the order in which they are shown. There is no SPF record where the platform has named none."""
    dkim = Record(
        "dkim",
        f"{domain.selector}._domainkey.{domain.domain}",
        f"v=DKIM1; k=rsa; p={domain.public_key}",
        needed=True,
    )
    dmarc = Record("dmarc", f"_dmarc.{domain.domain}", "v=DMARC1; p=none", needed=False)
    if not settings.mail_spf:
        return dkim, dmarc
    return dkim, Record("spf", domain.domain, f"v=spf1 {settings.mail_spf} ~all", needed=False), dmarc


def look(resolver: Resolver, settings: Settings, domain: SenderDomain) -> dict[Kind, Seen]:
    """Asks for each record. Takes seconds when name servers are slow: hold no connection meanwhile."""
    found: dict[Kind, Seen] = {}
    for record in records_for(settings, domain):
        try:
            found[record.kind] = _seen(resolver, settings, domain, record)
        except NameserversAway:
            found[record.kind] = Seen("unanswered")
    return found


def _seen(resolver: Resolver, settings: Settings, domain: SenderDomain, record: Record) -> Seen:
    texts = resolver.texts(record.name)
    if record.kind == "dkim":
        return _judged(texts, [text for text in texts if _holds_key(text, domain.public_key)])
    if record.kind == "spf":
        policies = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
        wanted = settings.mail_spf.lower().split()
        good = [text for text in policies if set(wanted) <= set(text.lower().split())]
        return Seen("elsewhere", _shown(" | ".join(policies))) if len(policies) > 1 else _judged(policies, good)
    policies = [text for text in texts if text.lower().replace(" ", "").startswith("v=dmarc1")]
    zone = registrable(domain.domain)
    if not policies and zone and zone != domain.domain:  # the organisation's policy covers it (RFC 7489, 6.6.3)
        above = resolver.texts(f"_dmarc.{zone}")
        policies = [text for text in above if text.lower().replace(" ", "").startswith("v=dmarc1")]
    return _judged(policies, policies)


def _judged(there: "tuple[str, ...] | list[str]", good: list[str]) -> Seen:
    if good:
        return Seen("found", _shown(good[0]))
    return Seen("elsewhere", _shown(there[0])) if there else Seen("missing")


def _holds_key(text: str, public_key: str) -> bool:
    """Whether a DKIM record carries the key: panels add blanks, leave optional tags out and change their order."""
    tags = {found[1].lower(): re.sub(r"\s", "", found[2]) for found in map(_TAG.match, text.split(";")) if found}
    return tags.get("p") == public_key and tags.get("v", "DKIM1") == "DKIM1" and tags.get("k", "rsa") == "rsa"


def _shown(text: str) -> str:
    """What a stranger wrote into DNS, as a page may show it."""
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable if len(printable) <= LONGEST_SEEN else printable[: LONGEST_SEEN - 1] + "…"
