"""Real questions to a real name server on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import dns
from infra.dns import DnsResolver, NameserversAway, ZoneFileResolver
from infra.settings import Settings
from tests.support.nameserver import Nameserver


@pytest.fixture
def server() -> Iterator[Nameserver]:
    running = Nameserver()
    yield running
    running.stop()


@pytest.fixture
def resolver(server: Nameserver) -> dns.Resolver:
    return dns.resolver(Settings(nameservers=server.setting))


def test_texts_are_found_whole_and_a_missing_name_is_no_text(server: Nameserver, resolver: dns.Resolver) -> None:
    server.set("_rapport-challenge.acme.example", "TXT", '"first" "half"', '"another"')
    assert sorted(resolver.texts("_rapport-challenge.acme.example")) == ["another", "firsthalf"]
    assert resolver.texts("nobody.example") == ()
    server.set("acme.example", "A", "192.0.2.7")
    assert resolver.texts("acme.example") == ()


def test_an_answer_too_long_for_one_packet_is_asked_for_again_over_tcp(
    server: Nameserver, resolver: dns.Resolver
) -> None:
    many = [f"a line of text number {number:03d}" for number in range(60)]
    server.set_text("acme.example", *many)
    assert sorted(resolver.texts("acme.example")) == many


def test_aliases_are_followed_and_a_circle_ends(server: Nameserver, resolver: dns.Resolver) -> None:
    server.set("feedback.acme.example", "CNAME", "Edge.Acme.Example.")
    server.set("edge.acme.example", "CNAME", "acme.rapport.example.")
    assert resolver.aliases("feedback.acme.example") == ("edge.acme.example", "acme.rapport.example")
    server.set("one.example", "CNAME", "two.example.")
    server.set("two.example", "CNAME", "one.example.")
    assert resolver.aliases("one.example") == ("two.example",)


def test_addresses_of_both_families_are_found_through_aliases(server: Nameserver, resolver: dns.Resolver) -> None:
    server.set("feedback.acme.example", "CNAME", "edge.example.")
    server.set("edge.example", "A", "192.0.2.9", "192.0.2.1")
    server.set("edge.example", "AAAA", "2001:db8::1")
    assert resolver.addresses("feedback.acme.example") == ("192.0.2.1", "192.0.2.9", "2001:db8::1")


def test_a_server_that_cannot_find_out_is_away_and_not_an_empty_answer(
    server: Nameserver, resolver: dns.Resolver
) -> None:
    server.refusing = True
    with pytest.raises(NameserversAway):
        resolver.texts("acme.example")


def test_a_silent_server_is_given_up_on(server: Nameserver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "LIFETIME", 0.3)
    monkeypatch.setattr(dns, "TIMEOUT", 0.1)
    server.silent = True
    with pytest.raises(NameserversAway):
        DnsResolver((("127.0.0.1", server.port),)).addresses("acme.example")


def test_a_zone_file_answers_on_one_machine(tmp_path: Path) -> None:
    zone = tmp_path / "zone"
    resolver = dns.resolver(Settings(nameservers=f"file:{zone}"))
    assert isinstance(resolver, ZoneFileResolver)
    assert resolver.texts("a.example") == ()
    zone.write_text(
        '$TTL 60\na.example. IN TXT "proof"\nb.example. IN CNAME acme.rapport.example.\na.example. A 192.0.2.1\n'
    )
    assert resolver.texts("a.example") == ("proof",)
    assert resolver.aliases("b.example") == ("acme.rapport.example",)
    assert resolver.addresses("a.example") == ("192.0.2.1",)
    zone.write_text("this is no zone")
    with pytest.raises(NameserversAway):
        resolver.texts("a.example")


@pytest.mark.parametrize(
    ("named", "server"),
    [("9.9.9.9", ("9.9.9.9", 53)), ("127.0.0.1:5353", ("127.0.0.1", 5353)), ("[2620:fe::9]:54", ("2620:fe::9", 54)),
     ("2620:fe::9", ("2620:fe::9", 53)), ("[2620:fe::9]", ("2620:fe::9", 53))],
)  # fmt: skip
def test_servers_are_named_with_or_without_a_port(named: str, server: tuple[str, int]) -> None:
    assert dns._server(named) == server
