"""Which URLs and addresses are called, and what a name may lead to."""

import time
from ipaddress import ip_address, ip_network

import pytest

from infra.http import Client, Policy, UrlRefused, check_url, refusal
from infra.http.errors import (
    AddressRefused,
    UnknownHost,
)
from infra.settings import Settings, SettingsError
from tests.infra.http_story import LOCAL, OK, STRICT, local, nobody, post
from tests.support.receivers import says, serving


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
        "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255",
        "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1",
        "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
        "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1", "not an address", "", "127.1", "2130706433",
    ],
)  # fmt: skip
def test_a_special_address_is_refused(address):
    assert refusal(address, STRICT) is not None


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "93.184.215.14", "2606:4700::1111", "2a00:1450::1"])
def test_a_public_address_passes(address):
    assert refusal(address, STRICT) is None


def test_only_the_excepted_networks_are_excepted():
    assert refusal("127.0.0.1", LOCAL) is None
    assert refusal("::1", LOCAL) is None
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fe80::1", "fd00::1"):
        assert refusal(address, LOCAL) is not None


def test_the_table_of_special_networks_agrees_with_what_python_knows():
    """Each network that Python knows as private, reserved or multicast is refused; the table may know more."""
    for number in range(0, 2**32, 2**32 // 5003):
        address = ip_address(number)
        if not address.is_global or address.is_multicast:
            assert refusal(str(address), STRICT), address


def test_settings_that_cannot_be_read_are_named():
    with pytest.raises(SettingsError, match="RAPPORT_HTTP_NETWORKS"):
        Policy.of(Settings(http_networks="everything"))
    with pytest.raises(SettingsError, match="RAPPORT_HTTP_PORTS"):
        Policy.of(Settings(http_ports="443 https"))
    assert Policy.of(Settings()) == Policy(networks=(), ports=frozenset({443, 8443}))


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "example.org", "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://x.org/",
        "https://", "https:///path", "https://user@example.org/", "https://user:secret@example.org/", "https://@x.org/",
        "https://example.org:22/", "https://example.org:80/", "https://example.org:0/", "https://example.org:99999/",
        "https://example.org:x/", "https://exa mple.org/", "https://example.org/\r\nHost: other", "https://example.org\\@x/",
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/",
        "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://1.2.3.4.5/", "https://256.1.1.1/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/", "https://[::]/", "https://[::1/",
        "https://[64:ff9b::7f00:1]/", "https://169.254.169.254/latest/meta-data/", "https://１２７.0.0.1/",
        "https://127。0。0。1/", "https://①②⑦.0.0.1/", "https://localhost/", "https://localhost./",
        "https://intranet/", "https://a..b.org/", "https://-x-.org/", "https://x.0x1/", "https://example.org/\x7f",
        "https://ex\u200bample.org/ \u00a0", "https://" + "a" * 3000 + ".org/",
    ],
)  # fmt: skip
def test_a_url_that_is_not_called_is_refused_before_anything_is_looked_up(url):
    with pytest.raises(UrlRefused):
        Client(STRICT, nobody).post(url, b"", {})


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://example.org", "https://example.org/"),
        ("HTTPS://Example.ORG:443/Hook?a=1&b=%20#part", "https://example.org/Hook?a=1&b=%20"),
        ("https://example.org./x", "https://example.org/x"),
        ("https://bücher.example/ü?q=ö", "https://xn--bcher-kva.example/%C3%BC?q=%C3%B6"),
        ("https://xn--bcher-kva.example:8443/", "https://xn--bcher-kva.example:8443/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700:0:0::1111]/", "https://[2606:4700::1111]/"),
    ],
)
def test_a_url_is_read_in_one_way(url, read):
    assert check_url(url, STRICT).url == read
    assert check_url(read, STRICT).url == read


def test_plain_http_and_other_ports_are_for_the_excepted_networks_only():
    assert check_url("http://127.0.0.1:5001/x", LOCAL).port == 5001
    assert check_url("http://localhost:5001/x", LOCAL).port == 5001
    for url in ("http://10.0.0.1/", "https://127.0.0.2.example.org:5001/"):
        with pytest.raises(UrlRefused):
            check_url(url, LOCAL)
    client = Client(LOCAL, lambda name: ["93.184.215.14"])
    with pytest.raises(AddressRefused):
        post(client, "http://example.org/")


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.1.2.3", "fd00::1"], ["::ffff:169.254.169.254"]])
def test_a_name_that_leads_inside_is_refused_when_it_is_called(addresses):
    with pytest.raises(AddressRefused):
        post(Client(STRICT, lambda name: addresses), "https://inside.example.org/")


def test_a_name_that_leads_nowhere_is_told_apart():
    with pytest.raises(UnknownHost):
        post(Client(STRICT, lambda name: []), "https://nowhere.example.org/")


def test_a_second_answer_of_the_name_server_does_not_count():
    """Rebinding: the address that was judged is the one that is called, so a name is asked for once."""
    asked: list[str] = []

    def rebinding(name: str) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"] if len(asked) == 1 else ["::1"]

    client = Client(Policy(networks=(ip_network("127.0.0.1/32"),)), rebinding)
    with serving(says(OK)) as server, serving(says(OK), host="::1") as victim:
        assert post(client, f"http://rebind.example.org:{server.port}/").body == b"ok"
        assert (len(asked), victim.connections) == (1, 0)
        with pytest.raises(AddressRefused):
            post(client, f"http://rebind.example.org:{victim.port}/")
        assert victim.connections == 0


def test_of_several_addresses_only_those_that_pass_are_tried():
    with serving(says(OK)) as server:
        client = Client(LOCAL, lambda name: ["10.255.255.1", "fe80::1", "127.0.0.1"])
        begun = time.monotonic()
        assert post(client, f"http://mixed.example.org:{server.port}/").status == 200
        assert time.monotonic() - begun < 10


def test_the_next_address_is_tried_when_one_does_not_answer():
    with serving(says(OK)) as server:
        client = Client(LOCAL, lambda name: ["::1", "127.0.0.1"])
        assert post(client, f"http://two.example.org:{server.port}/").status == 200


def test_localhost_is_asked_of_nobody():
    with serving(says(OK)) as server:
        assert post(local(), f"http://localhost:{server.port}/").status == 200
        assert post(local(), f"http://acme.localhost:{server.port}/").status == 200
