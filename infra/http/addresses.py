"""Which network addresses may be called.

Everything in the special-purpose registries of IANA is refused
(https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry), and every form of an
IPv6 address that carries an IPv4 address inside, because a gateway may unwrap it. The table stands here in full:
what `ipaddress.is_global` says has changed between releases of Python.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from infra.settings import Settings, SettingsError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SPECIAL: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # shared by carriers, RFC 6598; metadata of one cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a public-looking address that is one cloud's own host
        "169.254.0.0/16",  # link-local, RFC 3927; metadata of most clouds
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890; metadata of one cloud
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.31.196.0/24",  # AS112, RFC 7535
        "192.52.193.0/24",  # AMT, RFC 7450
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "192.175.48.0/24",  # AS112, RFC 7534
        "198.18.0.0/15",  # measurements, RFC 2544
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocol assignments with Teredo, ORCHID and benchmarks, RFC 2928
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside, RFC 3056
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation, RFC 9637
    )
)

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The only part of IPv6 that is given out (RFC 4291, 2.4). Outside of it lie ::1, mapped (::ffff:0:0/96) and
compatible (::/96) IPv4 addresses, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), unique local, link-local and multicast."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be called. `networks` are the exceptions of a development machine or a test: reached on any port
    and by plain http too. Everywhere else https on one of `ports`."""

    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({443, 8443})

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        """The policy of the settings. Raises SettingsError."""
        try:
            networks = tuple(ip_network(network) for network in settings.http_networks.split())
            ports = frozenset(int(port) for port in settings.http_ports.split())
        except ValueError as problem:
            raise SettingsError(f"RAPPORT_HTTP_NETWORKS or RAPPORT_HTTP_PORTS cannot be read: {problem}") from None
        return cls(networks, ports)

    def excepts(self, address: Address) -> bool:
        """Whether the address lies in one of the excepted networks, as it is written."""
        return any(address in network for network in self.networks)

    def excepts_text(self, text: str) -> bool:
        """As `excepts`, for an address as a resolver writes it."""
        return self.excepts(ip_address(text))


def refusal(text: str, policy: Policy) -> str | None:
    """Why an address is not called, in a word for logs and tests; None when it may be."""
    try:
        address = ip_address(text)
    except ValueError:
        return "unreadable"
    if getattr(address, "scope_id", None):
        return "scoped"
    if policy.excepts(address):
        return None
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return "special"
    if any(address in network for network in SPECIAL):
        return "special"
    return None if address.is_global and not address.is_multicast else "special"
