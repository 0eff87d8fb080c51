"""Who may speak for a sender: real signatures by another program, real questions to a name server of ours."""

import base64
import hashlib
from collections.abc import Iterator

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from infra import dns
from infra.mail.inbound import authentication, mime, originator, signatures, spf, trace
from infra.mail.inbound.authentication import Checked
from infra.mail.inbound.lookups import Lookups
from infra.mail.inbound.trace import Trace
from infra.settings import Settings
from tests.infra.mail.inbound.receiving import letter
from tests.support.nameserver import Nameserver

KEY = generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
ANN = "ann@shop.example"
PEER = "192.0.2.9"


def publish(server: Nameserver, more: str = "") -> None:
    server.set("s1._domainkey.shop.example", "TXT", f'"v=DKIM1; k=rsa; {more}p={PUBLIC[:200]}" "{PUBLIC[200:]}"')


@pytest.fixture
def server() -> Iterator[Nameserver]:
    running = Nameserver()
    publish(running)
    yield running
    running.stop()


@pytest.fixture
def asks(server: Nameserver) -> Lookups:
    return Lookups(dns.resolver(Settings(nameservers=server.setting)))


def signed(mail: bytes, ways: bytes = b"relaxed/relaxed", domain: bytes = b"shop.example", **more: object) -> bytes:
    """The mail with a signature that dkimpy made."""
    head, body = ways.split(b"/")
    return bytes(dkim.sign(mail, b"s1", domain, PEM, canonicalize=(head, body), **more)) + mail


def check(mail: bytes, asks: Lookups, hop: Trace | None = None) -> Checked:
    return authentication.check(mail, originator.read(mime.read(mail).headers), hop, asks)


@pytest.mark.parametrize("ways", [b"relaxed/relaxed", b"simple/simple", b"relaxed/simple", b"simple/relaxed"])
@pytest.mark.parametrize("end", [b"", b"\r\n\r\n \t \r\n\r\n", b"spaces  in\t\tit  \r\n \r\n", b"no end of line"])
def test_a_signature_of_the_senders_domain_proves_the_mail_as_it_is_and_no_other(asks, ways, end):
    mail = signed(letter("d1@shop.example", X_Folded="one  two") + end, ways)
    assert check(mail, asks) == Checked("verified", "pass")
    assert check(mail.replace(b"Hello", b"Hullo"), asks).result == "unverified"
    assert check(mail.replace(b"A question", b"An answer"), asks).dkim == "fail"
    assert check(b"From: boss@shop.example\r\n" + mail, asks).result == "unverified"


def test_what_a_signature_must_not_leave_open(asks, server):
    mail = letter("d2@shop.example")
    assert check(signed(mail, length=True) + b"and more\r\n", asks).dkim == "fail"
    assert check(signed(mail, domain=b"other.example"), asks) == Checked("unverified", "none")
    assert check(signed(mail.replace(b"ann@", b"ben@")).replace(b"ben@", b"ann@"), asks).dkim == "fail"
    hidden = mail.replace(b"From:", b"X-A: b\nFrom: boss@shop.example\r\nFrom:")
    assert signatures.check(signed(mail).replace(b"\r\n\r\n", b"\n\r\n", 1), asks, lambda domain: True) == "none"
    assert check(hidden, asks).result == "unverified"
    old = signed(mail).replace(b"; t=", b"; x=1; t=", 1)
    assert check(old, asks).dkim == "fail"
    publish(server, "t=y; ")
    fresh = Lookups(dns.resolver(Settings(nameservers=server.setting)))
    assert check(signed(mail), fresh).dkim == "fail"


def test_an_ed25519_signature_holds_too(server, asks):
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    server.set_text("ed._domainkey.shop.example", f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}")
    mail = letter("d3@shop.example")
    head, _, body = mail.partition(b"\r\n\r\n")
    digest = base64.b64encode(hashlib.sha256(signatures.relaxed(body)).digest()).decode()
    line = (
        f"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=shop.example; s=ed; h=from; bh={digest}; b="
    )
    covered = b"from:ann@shop.example\r\n" + ("dkim-signature:" + line.partition(": ")[2]).encode()
    value = base64.b64encode(key.sign(hashlib.sha256(covered).digest())).decode()
    assert check(f"{line}{value}\r\n".encode() + head + b"\r\n\r\n" + body, asks).result == "verified"


def test_the_domains_rule_decides_what_nothing_proves(server):
    mail, hop = letter("d4@shop.example"), Trace(ANN, PEER, "mx.shop.example")

    def found(record: str, **texts: str) -> Checked:
        server.set_text("_dmarc.shop.example", *([record] if record else []))
        return check(mail, Lookups(dns.resolver(Settings(nameservers=server.setting))), hop=hop)

    assert found("") == Checked("unverified", "none", "none")
    assert found("v=DMARC1; p=none").result == "unverified"
    assert found("v=DMARC1; p=reject; rua=mailto:x@shop.example") == Checked("failed", "none", "none", "reject")
    assert found("v=DMARC1; p=quarantine").result == "failed"
    assert found("v=DMARC1; p=quarantine; t=y").result == "unverified"
    server.set_text("shop.example", "v=spf1 ip4:192.0.2.0/24 -all")
    assert found("v=DMARC1; p=reject") == Checked("verified", "none", "pass", "reject")
    server.set_text("shop.example", "v=spf1 -all")
    assert found("v=DMARC1; p=reject") == Checked("failed", "none", "fail", "reject")


def test_a_domain_speaks_for_those_below_it_unless_it_says_otherwise(server):
    mail = letter("d5@shop.example", sender="ann@north.shop.example")

    def found(record: str) -> str:
        server.set_text("_dmarc.shop.example", record)
        asks = Lookups(dns.resolver(Settings(nameservers=server.setting)))
        return check(signed(mail), asks).result

    assert found("v=DMARC1; p=reject") == "verified"
    assert found("v=DMARC1; p=reject; adkim=s") == "failed"
    assert found("v=DMARC1; p=reject; sp=none; adkim=s") == "unverified"
    assert found("v=DMARC1; p=reject; psd=y") == "failed"  # a suffix under which strangers have names


def test_name_servers_that_say_nothing_accuse_nobody_and_cost_one_wait(server):
    server.set_text("_dmarc.shop.example", "v=DMARC1; p=reject")
    server.refusing = True
    asks = Lookups(dns.resolver(Settings(nameservers=server.setting)))
    assert check(signed(letter("d6@shop.example")), asks, hop=Trace(ANN, PEER)).result == "unverified"
    assert len({name for name, _ in server.asked}) == 1


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 +all", "pass"),
        ("v=spf1 ip4:192.0.2.1 ~all", "softfail"),
        ("v=spf1 a/24 -all", "pass"),
        ("v=spf1 mx -all", "pass"),
        ("v=spf1 a:mail.shop.example//64 -all", "fail"),
        ("v=spf1 include:_spf.shop.example -all", "pass"),
        ("v=spf1 include:nobody.example -all", "permerror"),
        ("v=spf1 redirect=_spf.shop.example", "pass"),
        ("v=spf1 exists:%{ir}.%{v}.%{l}.list.shop.example -all", "pass"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1", "neutral"),
        ("v=spf1 ptr -all", "fail"),
        ("v=spf1 ip4:192.0.2.9 nonsense", "permerror"),
        ("v=spf1 ip4:192.0.2.9/33 -all", "permerror"),
        ("v=spf1 ip6:2001:db8::/32 -all", "fail"),
        ("v=spf1 include:shop.example -all", "permerror"),
        ("v=spf1 a:n1.example a:n2.example a:n3.example +all", "permerror"),
        ("v=spf1 " + "ptr " * 11 + "+all", "permerror"),
        ("v=spf1 exists:%{x} +all", "permerror"),
        ("v=spf10 +all", "none"),
    ],
)
def test_what_a_domain_says_about_the_server_that_connected(server, asks, record, result):
    server.set_text("shop.example", record)
    server.set_text("_spf.shop.example", "v=spf1 ip4:192.0.2.0/28 -all")
    server.set("shop.example", "A", "192.0.2.77")
    server.set("shop.example", "MX", "10 mail.shop.example.")
    server.set("mail.shop.example", "A", PEER)
    server.set("mail.shop.example", "AAAA", "2001:db8::1")
    server.set("9.2.0.192.in-addr.ann.list.shop.example", "A", "127.0.0.2")
    peer = "2001:db8:1::9" if "//64" in record else PEER
    assert spf.check(peer, ANN, "mx.shop.example", asks) == result


def test_what_a_stranger_sends_to_make_us_choke_takes_no_time(asks):
    large = letter("d7@shop.example") + b" " * 3_000_000 + b"\r\n" * 500_000 + b"\n\r" * 100_000
    assert check(signed(letter("d7@shop.example")).replace(b"Hello", b"\r\n" * 100) + large, asks).dkim == "fail"
    folded = b"DKIM-Signature: v=1;" + b"\r\n a" * 50_000 + b"\r\n" + letter("d8@shop.example")
    assert check(folded, asks).dkim == "none"
    for broken in (b"DKIM-Signature: ;;;=\r\n", b"DKIM-Signature: v=1; d=shop.example; s=..; h=from; b=!\r\n"):
        assert check(broken + letter("d9@shop.example"), asks).result == "unverified"


def test_who_brought_a_mail_is_read_from_what_the_first_of_our_servers_noted():
    own = trace.networks("10.0.0.0/8")
    stored = trace.written(Trace(ANN, PEER, "mx.shop.example\r\nX: y"), "hello") + letter("t1@shop.example")
    came, mail = trace.split(stored)
    assert (came, mail) == (Trace(ANN, PEER, "mx.shop.exampleX:y"), letter("t1@shop.example"))
    assert trace.first_hop(came, mime.read(mail).headers, own) == came
    noted = b"Received: from [1.2.3.4] (mx.shop.example [198.51.100.7])\r\n\tby own.example; now\r\n"
    behind = mime.read(noted + b"Received: from [5.6.7.8] by liar.example\r\n" + mail).headers
    assert trace.first_hop(Trace(ANN, "10.1.1.1"), behind, own) == Trace(ANN, "198.51.100.7", "[1.2.3.4]")
    assert trace.first_hop(Trace(ANN, "127.0.0.1"), behind, own) is None
    assert trace.first_hop(Trace(ANN), behind, own) is None
