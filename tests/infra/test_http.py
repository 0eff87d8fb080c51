"""Guarded calls against servers that do what hostile servers do."""

import gzip
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.http import CallFailed, Client, Limits, Policy, UrlRefused, check_url, refusal
from infra.http.errors import (
    AddressRefused,
    BadAnswer,
    CertificateRefused,
    NoConnection,
    TimedOut,
    UnknownHost,
)
from infra.settings import Settings, SettingsError
from tests.support.receivers import RawServer, read_request, says, serving

STRICT = Policy()
LOCAL = Policy(networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
QUICK = Limits(seconds=0.6, head=8_192, body=4_096)


def nobody(name: str) -> list[str]:
    raise AssertionError(f"{name} was looked up")


def local() -> Client:
    return Client(LOCAL, nobody)


def post(client: Client, url: str, limits: Limits = QUICK):
    return client.post(url, b"{}", {"Content-Type": "application/json"}, limits)


def at(server: RawServer, path: str = "/") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


# --- addresses ----------------------------------------------------------------------------------------------------


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


# --- URLs ---------------------------------------------------------------------------------------------------------


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


# --- names --------------------------------------------------------------------------------------------------------


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
        assert time.monotonic() - begun < 0.5


def test_the_next_address_is_tried_when_one_does_not_answer():
    with serving(says(OK)) as server:
        client = Client(LOCAL, lambda name: ["::1", "127.0.0.1"])
        assert post(client, f"http://two.example.org:{server.port}/").status == 200


def test_localhost_is_asked_of_nobody():
    with serving(says(OK)) as server:
        assert post(local(), f"http://localhost:{server.port}/").status == 200
        assert post(local(), f"http://acme.localhost:{server.port}/").status == 200


# --- what servers do ----------------------------------------------------------------------------------------------


def test_the_call_arrives_as_it_was_meant():
    seen: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        seen.append(read_request(connection))
        connection.sendall(OK)

    with serving(behave) as server:
        answer = local().post(at(server, "/a?b=1"), b'{"x":1}', {"webhook-id": "msg_1"}, QUICK)
    assert (answer.status, answer.body, answer.cut) == (200, b"ok", False)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /a?b=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}".encode() in lines
    assert b"webhook-id: msg_1" in lines
    assert b"Accept-Encoding: identity" in lines
    assert not [line for line in lines if line.lower().startswith((b"cookie", b"authorization", b"proxy"))]
    assert body == b'{"x":1}'


def test_a_redirect_is_an_answer_and_nothing_more():
    with serving(says(OK)) as inside:
        away = f"HTTP/1.1 302 Found\r\nLocation: {at(inside)}\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
        with serving(says(away.encode())) as server:
            assert post(local(), at(server)).status == 302
            assert post(local(), at(server)).status == 302
        assert inside.connections == 0


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"H",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_a_slow_drip_ends_with_the_time_of_the_whole_call(first):
    def drip(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(first)
        chunked = b"chunked" in first
        while not server.over.wait(0.05):
            connection.sendall(b"1\r\nx\r\n" if chunked else b"x")

    with serving(drip) as server:
        begun = time.monotonic()
        with pytest.raises((TimedOut, BadAnswer)):
            post(local(), at(server))
        assert time.monotonic() - begun < QUICK.seconds + 0.5


def test_a_server_that_takes_the_connection_and_says_nothing_ends_with_the_time():
    with serving(lambda connection: (server.over.wait(), None)[1]) as server, pytest.raises(TimedOut):
        post(local(), at(server))


def test_a_server_that_reads_nothing_ends_with_the_time():
    with serving(lambda connection: (server.over.wait(), None)[1]) as server, pytest.raises(TimedOut):
        local().post(at(server), b"x" * 20_000_000, {}, QUICK)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_an_endless_body_is_read_up_to_the_cap(head):
    piece = b"1000\r\n" + b"x" * 4096 + b"\r\n" if b"chunked" in head else b"x" * 4096
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        read_request(connection)
        connection.sendall(head)
        while not server.over.is_set():
            connection.sendall(piece)
            sent += len(piece)

    with serving(endless) as server:
        answer = post(local(), at(server))
        assert (answer.status, len(answer.body), answer.cut) == (200, QUICK.body, True)
    assert sent < 50_000_000


def test_chunks_of_one_byte_do_not_cost_more_than_the_budget():
    with serving(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 20_000)) as server:
        answer = post(local(), at(server))
        assert answer.status == 200
        assert len(answer.body) <= QUICK.body
        assert answer.cut


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Large: " + b"x" * 60_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5_000)) + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000,
        b"HTTP/1.1 200 " + b"x" * 90_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"<html>",
    ],
)
def test_what_is_no_answer_that_we_read_is_refused(answer):
    with serving(says(answer)) as server, pytest.raises(BadAnswer):
        post(local(), at(server))


def test_a_packed_body_is_never_unpacked():
    bomb = gzip.compress(b"\0" * 20_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with serving(says(head, bomb)) as server:
        answer = post(local(), at(server))
    assert (answer.body, answer.cut) == (bomb[: QUICK.body], True)


def test_a_body_that_breaks_off_is_what_there_is():
    with serving(says(b"HTTP/1.1 500 Oh\r\nContent-Length: 50\r\n\r\nbroken")) as server:
        assert post(local(), at(server)).body == b"broken"


def test_a_connection_that_breaks_off_or_is_refused_is_told_apart():
    with serving(lambda connection: None) as server, pytest.raises(NoConnection):
        post(local(), at(server))
    with pytest.raises(NoConnection):
        post(local(), at(server))


def test_headers_that_hold_lines_are_not_sent():
    with serving(says(OK)) as server, pytest.raises(CallFailed):
        local().post(at(server), b"", {"X-Odd": "a\r\nInjected: yes"}, QUICK)


def test_the_environments_proxy_is_not_used(monkeypatch):
    with serving(says(b"HTTP/1.1 502 Proxy\r\n\r\n")) as proxy, serving(says(OK)) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setitem(os.environ, name, at(proxy))
        assert post(local(), at(server)).status == 200
        assert proxy.connections == 0


def test_many_threads_share_a_client():
    def echo(connection: socket.socket) -> None:
        body = read_request(connection).partition(b"\r\n\r\n")[2]
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    client, found = local(), []
    with serving(echo) as server:

        def call(number: int) -> None:
            answer = client.post(at(server), str(number).encode(), {}, Limits(seconds=10))
            found.append((str(number).encode(), answer.body))

        threads = [threading.Thread(target=call, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 40
    assert all(sent == came for sent, came in found)


# --- TLS ----------------------------------------------------------------------------------------------------------


class Authority:
    """A certificate authority of this test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
        self._own = self._sign(self._name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=None))

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self._own.public_bytes(serialization.Encoding.PEM).decode())

    def serve(self, name: str, days: int = 1) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        path = self._folder / f"{name}{days}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + self._sign(subject, key.public_key(), names, days).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _sign(self, subject, key, extension, days: int = 1) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(
            issuer_name=self._name,
            subject_name=subject,
            public_key=key,
            serial_number=x509.random_serial_number(),
            not_valid_before=now - timedelta(days=5),
            not_valid_after=now + timedelta(days=days),
        )
        return builder.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure(authority: Authority) -> Iterator[Callable[..., tuple[RawServer, Client]]]:
    """A server whose certificate names something, and a client that finds every name at it."""
    started: list[RawServer] = []

    def start(name: str, days: int = 1, trust: ssl.SSLContext | None = None) -> tuple[RawServer, Client]:
        server = RawServer(says(OK), authority.serve(name, days))
        started.append(server)
        policy = Policy(networks=LOCAL.networks, ports=frozenset({server.port}))
        return server, Client(policy, lambda name: ["127.0.0.1"], trust or authority.trust())

    yield start
    for server in started:
        server.stop()


def test_the_certificate_is_verified_for_the_name_that_was_asked_for(secure):
    server, client = secure("shop.example.org")
    assert post(client, f"https://shop.example.org:{server.port}/").status == 200
    assert post(client, f"https://SHOP.example.org.:{server.port}/").status == 200
    for url in (f"https://other.example.org:{server.port}/", f"https://127.0.0.1:{server.port}/"):
        with pytest.raises(CertificateRefused):
            post(client, url)


def test_an_expired_or_unknown_certificate_is_refused(secure):
    server, client = secure("old.example.org", days=-1)
    with pytest.raises(CertificateRefused):
        post(client, f"https://old.example.org:{server.port}/")
    server, client = secure("unknown.example.org", trust=ssl.create_default_context())
    with pytest.raises(CertificateRefused):
        post(client, f"https://unknown.example.org:{server.port}/")


def test_a_handshake_that_drips_ends_with_the_time(authority):
    def drip(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16,384 bytes that never ends
        while not server.over.wait(0.05):
            connection.sendall(b"\0")

    with serving(drip) as server:
        client = Client(LOCAL, lambda name: ["127.0.0.1"], authority.trust())
        begun = time.monotonic()
        with pytest.raises((TimedOut, CertificateRefused)):
            post(client, f"https://localhost:{server.port}/")
        assert time.monotonic() - begun < QUICK.seconds + 0.5


def test_a_server_without_tls_is_told_apart(authority):
    with serving(says(OK)) as server, pytest.raises((CertificateRefused, NoConnection, TimedOut)):
        post(Client(LOCAL, nobody, authority.trust()), f"https://localhost:{server.port}/")


def test_every_failure_has_a_code_and_a_sentence():
    kinds = [AddressRefused, BadAnswer, CertificateRefused, NoConnection, TimedOut, UnknownHost, UrlRefused]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert json.dumps([kind().message for kind in kinds])
