"""Guarded calls over TLS: the certificate is verified for the name that was asked for."""

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.http import Client, Policy, UrlRefused
from infra.http.errors import (
    AddressRefused,
    BadAnswer,
    CertificateRefused,
    NoConnection,
    TimedOut,
    UnknownHost,
)
from tests.infra.http_story import LOCAL, OK, QUICK, nobody, post
from tests.support.receivers import RawServer, says, serving


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
        assert time.monotonic() - begun < QUICK.seconds + 15


def test_a_server_without_tls_is_told_apart(authority):
    with serving(says(OK)) as server, pytest.raises((CertificateRefused, NoConnection, TimedOut)):
        post(Client(LOCAL, nobody, authority.trust()), f"https://localhost:{server.port}/")


def test_every_failure_has_a_code_and_a_sentence():
    kinds = [AddressRefused, BadAnswer, CertificateRefused, NoConnection, TimedOut, UnknownHost, UrlRefused]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert json.dumps([kind().message for kind in kinds])
