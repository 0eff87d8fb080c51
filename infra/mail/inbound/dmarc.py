"""What a domain asks to be done with mail that only claims to come from it (DMARC, RFC 7489).

Which domains belong together is found by walking up the names (DMARCbis, draft-ietf-dmarc-dmarcbis, 4.10) and not
by the list of public suffixes, which is a file that ages.
"""

from dataclasses import dataclass
from typing import Literal

from infra.mail.inbound.lookups import Lookups
from infra.mail.inbound.signatures import tags

Policy = Literal["", "none", "quarantine", "reject"]
"""Empty where the domain says nothing."""

DEEPEST = 8
"""Labels from which the walk begins, whatever stands before them."""
_MILDER: dict[Policy, Policy] = {"reject": "quarantine", "quarantine": "none"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for one sender's domain."""

    domain: str
    organisation: str
    policy: Policy = ""
    strict_signature: bool = False
    strict_server: bool = False

    def fits(self, other: str, asks: Lookups, *, strict: bool) -> bool:
        """Whether a domain may speak for the sender's. Raises NameserversAway, AskedTooMuch."""
        if not other or other == self.domain:
            return other == self.domain
        is_below = other == self.organisation or other.endswith(f".{self.organisation}")
        if strict or not is_below:  # then nobody's name servers are asked but the sender's own
            return False
        return _organisation(other, _walk(other, asks)) == self.organisation


def rule_of(domain: str, asks: Lookups) -> Rule:
    """What is published for the domain, or above it. Raises NameserversAway, AskedTooMuch."""
    found = _walk(domain, asks)
    above = _organisation(domain, found)
    record = (
        found.get(domain) or found.get(above) or next((each for each in found.values() if _is(each, "y")), None)
    )
    if record is None:
        return Rule(domain, above)
    said = record.get("p", "")
    if domain not in found:
        said = record.get("sp", said)
    policy: Policy = next((each for each in ("none", "quarantine", "reject") if each == said.lower()), "none")
    if record.get("t", "n").lower() == "y" or record.get("pct") == "0":  # only tried out
        policy = _MILDER.get(policy, policy)
    by_signature, by_server = (record.get(name, "r").lower() == "s" for name in ("adkim", "aspf"))
    return Rule(domain, above, policy, by_signature, by_server)


def _walk(domain: str, asks: Lookups) -> dict[str, dict[str, str]]:
    """The records from the domain up, nearest first."""
    labels = domain.split(".")
    names = [domain]
    names += [".".join(labels[start:]) for start in range(max(1, len(labels) - DEEPEST + 1), len(labels))]
    found: dict[str, dict[str, str]] = {}
    for name in names:
        records = [said for each in asks.texts(f"_dmarc.{name}") if (said := _read(each))]
        if len(records) == 1:
            found[name] = records[0]
            if _is(records[0], "n") or (_is(records[0], "y") and name != domain):
                break
    return found


def _organisation(domain: str, found: dict[str, dict[str, str]]) -> str:
    """The highest name of those that belong together."""
    for name, record in found.items():
        if _is(record, "n"):
            return name
        if _is(record, "y") and name != domain:
            below = domain.removesuffix(f".{name}").rpartition(".")[2]
            return f"{below}.{name}"
    return min(found, key=lambda name: name.count("."), default=domain)


def _read(record: str) -> dict[str, str]:
    said = tags(record) if record.startswith("v=DMARC1") else {}
    return said if said.get("v") == "DMARC1" else {}


def _is(record: dict[str, str], psd: str) -> bool:
    return record.get("psd", "u").lower() == psd
