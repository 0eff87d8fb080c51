"""Questions to the domain name system, behind a seam.

A name that has no such record is an empty answer; a server that does not answer is NameserversAway, because
"not there" and "not known" lead to different decisions. Nothing here may be called with a database connection held.
"""

import time
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import dns.zone

from infra.errors import Unavailable
from infra.i18n import N_
from infra.settings import Settings

LIFETIME = 4.0
"""Seconds for one question with all its repeats."""
TIMEOUT = 1.5
"""Seconds until a server that said nothing is asked again, or the next one is."""
LONGEST_CHAIN = 8
"""Aliases that are followed."""


class NameserversAway(Unavailable):
    """No name server answered, or one said that it could not find out."""

    code = "nameservers_away"
    message = N_(
        "The name servers of this domain do not answer at the moment. Please check again in a few minutes."
    )


class Resolver(Protocol):
    """What domains are checked with. Each question raises NameserversAway when nobody knows the answer."""

    def texts(self, name: str) -> tuple[str, ...]:
        """Its TXT records, each as one text."""

    def aliases(self, name: str) -> tuple[str, ...]:
        """The names that its CNAME records lead to, one after the other."""

    def addresses(self, name: str) -> tuple[str, ...]:
        """Its IPv4 and IPv6 addresses, sorted."""

    def exchangers(self, name: str) -> tuple[str, ...]:
        """The servers that take its mail, the preferred first."""


class DnsResolver:
    """Asks real name servers: the system's, or the ones that are given."""

    def __init__(self, servers: tuple[tuple[str, int], ...] = ()) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration as problem:
            raise NameserversAway() from problem
        self._resolver.timeout, self._resolver.lifetime = TIMEOUT, LIFETIME
        if servers:
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in servers]

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(
            b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, dns.rdatatype.TXT)
        )

    def aliases(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        until = time.monotonic() + LIFETIME
        while len(found) < LONGEST_CHAIN:
            if time.monotonic() > until:  # a chain of slow servers
                raise NameserversAway()
            records = self._ask(found[-1] if found else name, dns.rdatatype.CNAME)
            if not records:
                break
            target = records[0].target.to_text(omit_final_dot=True).lower()
            if target in found or target == name:
                break
            found.append(target)
        return tuple(found)

    def addresses(self, name: str) -> tuple[str, ...]:
        kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
        return tuple(sorted(record.address for kind in kinds for record in self._ask(name, kind)))

    def exchangers(self, name: str) -> tuple[str, ...]:
        return _exchangers(self._ask(name, dns.rdatatype.MX))

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list[Any]:
        try:
            answer = self._resolver.resolve(dns.name.from_text(name), kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError) as problem:
            raise NameserversAway() from problem
        return list(answer) if answer.rrset is not None else []


class ZoneFileResolver:
    """Answers from a zone file (RFC 1035, 5), read at each question: for trying a domain on one machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(b"".join(record.strings).decode() for record in self._find(name, "TXT"))

    def aliases(self, name: str) -> tuple[str, ...]:
        found = [record.target.to_text(omit_final_dot=True).lower() for record in self._find(name, "CNAME")]
        return tuple(found[:1])

    def addresses(self, name: str) -> tuple[str, ...]:
        return tuple(sorted(record.address for kind in ("A", "AAAA") for record in self._find(name, kind)))

    def exchangers(self, name: str) -> tuple[str, ...]:
        return _exchangers(self._find(name, "MX"))

    def _find(self, name: str, kind: str) -> list[Any]:
        if not self._path.is_file():
            return []
        try:
            zone = dns.zone.from_file(str(self._path), origin=".", relativize=False, check_origin=False)
        except dns.exception.DNSException as problem:
            raise NameserversAway() from problem
        found = zone.get_rdataset(dns.name.from_text(name), kind)
        return list(found) if found is not None else []


def resolver(settings: Settings) -> Resolver:
    """The resolver that the settings name."""
    return _resolver(settings.nameservers)


def _exchangers(records: list[Any]) -> tuple[str, ...]:
    ranked = sorted((record.preference, record.exchange.to_text(omit_final_dot=True).lower()) for record in records)
    return tuple(name for _, name in ranked)


@lru_cache(maxsize=8)
def _resolver(named: str) -> Resolver:
    if named.startswith("file:"):
        return ZoneFileResolver(Path(named.removeprefix("file:")))
    return DnsResolver(tuple(_server(each) for each in named.split()))


def _server(text: str) -> tuple[str, int]:
    """`9.9.9.9`, `127.0.0.1:5353` or `[2620:fe::9]:53`; the port is 53 unless it is said."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, int(port.removeprefix(":") or 53)
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, int(port)
    return text, 53
