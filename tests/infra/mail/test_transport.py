"""How we get into a mail server: TLS, sign-in, and what is not let in."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.clock import now
from infra.local.ports import free_port
from infra.mail.mime import Envelope
from infra.mail.servers import open_transport
from infra.mail.transport import SmtpUnavailable
from infra.settings import Settings

ENVELOPE = Envelope("no-reply@rapport.example", "ann@example.org", b"Subject: x\r\n\r\n.dot\r\nend\r\n", "<x@y>")


class Kept:
    def __init__(self) -> None:
        self.content: list[bytes] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.content.append(envelope.content)  # type: ignore[attr-defined]
        return "250 kept"


def authenticated(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"rapport", b"secret")
    return AuthResult(success=right, handled=False)  # the server says so, too


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[tuple[Kept, Settings]]:
    """STARTTLS first, then a name and a password, then mail."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    kept, port = Kept(), free_port()
    controller = Controller(
        kept,
        hostname="127.0.0.1",
        port=port,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=authenticated,
        ready_timeout=10,
    )
    controller.start()
    settings = Settings(smtp_port=port, smtp_tls="starttls", smtp_user="rapport", smtp_password="secret")
    yield kept, settings
    controller.stop()


def attempt(settings: Settings) -> str:
    transport = open_transport(settings)
    try:
        return transport.send(ENVELOPE, lambda: None).kind
    finally:
        transport.close()


def test_a_mail_goes_over_tls_with_a_password_and_keeps_its_dots(
    server: tuple[Kept, Settings], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, settings = server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert attempt(settings) == "accepted"
    assert kept.content == [b"Subject: x\r\n\r\n.dot\r\nend\r\n"]


def test_a_wrong_password_lets_nothing_through(
    server: tuple[Kept, Settings], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, settings = server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(SmtpUnavailable):
        attempt(replace(settings, smtp_password="guess"))
    assert kept.content == []


def test_a_server_whose_certificate_nobody_knows_gets_no_mail(server: tuple[Kept, Settings]) -> None:
    kept, settings = server
    with pytest.raises(SmtpUnavailable):
        attempt(settings)
    assert kept.content == []


def test_without_the_tls_it_wants_the_server_takes_nothing(server: tuple[Kept, Settings]) -> None:
    kept, settings = server
    outcome = attempt(replace(settings, smtp_tls="none", smtp_user=""))
    assert outcome == "refused"
    assert kept.content == []


def test_an_address_beyond_ascii_needs_a_server_that_takes_it(server: tuple[Kept, Settings]) -> None:
    kept, settings = server
    transport = open_transport(replace(settings, smtp_tls="none", smtp_user=""))
    try:
        outcome = transport.send(replace(ENVELOPE, recipient="zoë@example.org"), lambda: None)
    finally:
        transport.close()
    assert outcome.kind == "refused"
    assert kept.content == []
