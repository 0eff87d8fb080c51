"""URLs as somebody typed them, taken apart once and strictly, so that nothing else reads them differently."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, urlsplit

from infra.hostnames import BadHostname, ascii_form
from infra.http.addresses import Policy, refusal
from infra.http.errors import UrlRefused
from infra.i18n import N_

LONGEST = 2_000
"""Characters of a URL."""
ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z", re.IGNORECASE)
DEFAULT_PORTS = {"https": 443, "http": 80}

TOO_LONG = N_("This address is too long.")
NOT_HTTPS = N_("Begin the address with https://.")
WITH_USER = N_("Leave out the user and password. Whoever receives the call knows us by its signature.")
ODD_CHARACTERS = N_("This address holds spaces or characters that no address has.")
ODD_NUMBER = N_("Write the number as four parts from 0 to 255, or use a name.")
ODD_PORT = N_("This port is not called. Use 443 or 8443.")
NOT_PUBLIC = N_("This address is not on the public internet.")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes. `host` is ASCII without a final dot, or an IP address in its one canonical form."""

    scheme: str
    host: str
    port: int
    path: str
    numeric: bool

    @property
    def url(self) -> str:
        """The URL in its one canonical form."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def check_url(url: str, policy: Policy) -> Target:
    """Takes a URL apart. Raises UrlRefused with the sentence for whoever typed it.

    What a name leads to is judged when it is called; an address written as a number is judged here too.
    """
    if len(url) > LONGEST:
        raise UrlRefused(TOO_LONG)
    if not url or ODD.search(url):
        raise UrlRefused(ODD_CHARACTERS if url else None)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UrlRefused() from None
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or (scheme == "http" and not policy.networks):
        raise UrlRefused(NOT_HTTPS)
    if "@" in parts.netloc:
        raise UrlRefused(WITH_USER)
    host, numeric = _host(parts.hostname or "", bracketed="[" in parts.netloc)
    target = Target(scheme, host, DEFAULT_PORTS[scheme] if port is None else port, _path(parts), numeric)
    _check_place(target, policy)
    return target


def _check_place(target: Target, policy: Policy) -> None:
    excepted = target.numeric and policy.excepts(ip_address(target.host))
    local = _is_local_name(target.host) and policy.networks
    if not (excepted or local or (target.scheme == "http" and policy.networks)):
        if target.port not in policy.ports:
            raise UrlRefused(ODD_PORT)
        if "." not in target.host and not target.numeric:
            raise UrlRefused(NOT_PUBLIC)
    if target.numeric and refusal(target.host, policy):
        raise UrlRefused(NOT_PUBLIC)
    if target.port == 0:
        raise UrlRefused(ODD_PORT)


def _host(host: str, *, bracketed: bool) -> tuple[str, bool]:
    """The name or the address, and whether it is an address. Raises UrlRefused for addresses in other notations."""
    if bracketed:
        return str(_v6(host)), True
    host = host.removesuffix(".")
    if not host:
        raise UrlRefused()
    if NUMBER.match(host.rpartition(".")[2]):  # ends in a number: browsers read it as IPv4, so nobody else may
        try:
            return str(IPv4Address(host)), True
        except ValueError:
            raise UrlRefused(ODD_NUMBER) from None
    try:
        name = ascii_form(host)
    except BadHostname as problem:
        raise UrlRefused(problem.message) from None
    if NUMBER.match(name.rpartition(".")[2]):  # full-width digits and the like have become ASCII
        raise UrlRefused(ODD_NUMBER)
    return name, False


def _v6(host: str) -> IPv6Address:
    try:
        found = IPv6Address(host)
    except ValueError:
        raise UrlRefused() from None
    if found.scope_id:
        raise UrlRefused()
    return found


def _path(parts: object) -> str:
    """Path and query with everything that is not ASCII percent-encoded; the part after # is never sent."""
    path, query = getattr(parts, "path", "") or "/", getattr(parts, "query", "")
    text = path + (f"?{query}" if query else "")
    return quote(text, safe="/%:=&?~+!$,;'@()*[]-._")


def _is_local_name(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")
