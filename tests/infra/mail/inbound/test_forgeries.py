"""What a forger tries: to be read as one and to be checked as another, or to wear the check out."""

import dkim
import pytest

from infra.dns import NameserversAway
from infra.mail.inbound import parsing, trace
from infra.mail.inbound.authentication import check
from infra.mail.inbound.lookups import FEW, AskedTooMuch, Lookups
from infra.mail.inbound.trace import Trace
from tests.infra.mail.inbound.receiving import letter
from tests.infra.mail.inbound.test_authentication import PEM, PUBLIC

THIEF = Trace("x@evil.example", "203.0.113.9", "evil.example")
BANK = {"_dmarc.bank.example": ("v=DMARC1; p=reject",), "_dmarc.shop.example": ("v=DMARC1; p=reject",)}


class Zone:
    """Name servers that answer from a table; what ends in `dead` is served by nobody, each time after `wait`."""

    def __init__(self, *, dead: str = "", wait: float = 0.0) -> None:
        key = (f"v=DKIM1; k=rsa; p={PUBLIC}",)
        self.texts_of = {**BANK, "s1._domainkey.shop.example": key, "shop.example": ("v=spf1 ip4:192.0.2.9 -all",)}
        self.asked: list[str] = []
        self.now = 0.0
        self._dead, self._wait = dead, wait

    def texts(self, name: str) -> tuple[str, ...]:
        self.asked.append(name)
        if self._dead and name.endswith(self._dead):
            self.now += self._wait
            raise NameserversAway()
        return self.texts_of.get(name, ())

    def addresses(self, name: str) -> tuple[str, ...]:
        return ()

    exchangers = aliases = addresses


def checked(mail: bytes, hop: Trace | None = None, zone: Zone | None = None, **bounds: float) -> tuple[str, str]:
    """Who is shown as the sender of a mail, and what is said of them."""
    author = parsing.parse(mail).author
    return author.address, check(mail, author, hop, Lookups(zone or Zone(), **bounds)).result  # type: ignore[arg-type]


def signed(mail: bytes) -> bytes:
    ways = (b"relaxed", b"relaxed")
    return bytes(dkim.sign(mail, b"s1", b"shop.example", PEM, canonicalize=ways)) + mail


def written_by(line: str) -> bytes:
    """A mail of somebody who may send for shop.example, with this From line."""
    return letter("f@shop.example").replace(b"From: ann@shop.example", f"From: {line}".encode())


def test_an_honest_mail_is_proved_by_signature_and_by_server():
    assert checked(signed(letter("f@shop.example"))) == ("ann@shop.example", "verified")
    assert checked(letter("f@shop.example"), Trace("b@shop.example", "192.0.2.9"))[1] == "verified"
    assert checked(letter("f@shop.example"), THIEF)[1] == "failed"


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ('"<boss@shop.example>" <thief@shop.example>', "unverified"),
        ("(<boss@shop.example>) thief@shop.example", "unverified"),
        ("thief@shop.example, boss@shop.example", "unverified"),
        ("thief@shop.example, boss@bank.example", "failed"),
        ("Us: thief@shop.example, boss@bank.example;", "failed"),
        ("thief@shop.example\r\nFrom: boss@bank.example", "failed"),
        ("thief@shop.example\r\nFrom : boss@shop.example", "unverified"),
    ],
)
@pytest.mark.parametrize("way", ["signature", "server"])
def test_who_may_send_for_a_domain_is_not_proved_as_somebody_else_of_it(line, result, way):
    mail, hop = written_by(line), None
    if way == "server":
        hop = Trace("thief@shop.example", "192.0.2.9")
    elif "\r\n" not in line:  # the signing program refuses two
        mail = signed(mail)
    if way == "server" or "\r\n" not in line:
        assert checked(mail, hop) == ("thief@shop.example", result)
    else:
        assert checked(mail, hop)[1] == "failed"


def test_what_is_signed_is_what_is_read():
    mail = signed(written_by("thief@shop.example"))
    for hidden in (b"X-A: y\x0bFrom: boss@shop.example\r\n", b"X-A: y\xe2\x80\xa8From: boss@shop.example\r\n"):
        sender, _ = checked(hidden + mail)
        assert sender == "thief@shop.example"
    renamed = mail.replace(b"From: thief", b"From\x0b: thief") + b""
    assert checked(b"X-A: y\x0bFrom: boss@shop.example\r\n" + renamed) == ("", "unverified")
    assert checked(b"X-A: y\x0b\r\n" + mail)[1] == "failed"


@pytest.mark.parametrize("more", [b"Subject: Pay me\r\n", b"Content-Type: text/html\r\n", b"Message-ID: <q@x>\r\n"])
def test_a_field_that_was_put_before_the_signed_one_is_not_proved_with_it(more):
    assert checked(more + signed(letter("f@shop.example")))[1] == "failed"


def test_bogus_signatures_do_not_use_up_what_would_find_the_forger():
    bogus = b"".join(
        b"DKIM-Signature: v=1; a=rsa-sha256; h=from; d=a%d.b.c.d.e.f.bank.example; s=k%d; bh=AA; b=AA\r\n" % (n, n)
        for n in range(80)
    )
    zone = Zone()
    assert checked(bogus + written_by("boss@bank.example"), THIEF, zone) == ("boss@bank.example", "failed")
    assert len(zone.asked) <= 60
    assert checked(bogus + written_by("boss@bank.example"), THIEF, most=5)[1] == "failed"
    assert checked(bogus + signed(letter("f@shop.example")))[1] == "failed"  # beyond those that are looked at


def test_name_servers_of_the_forger_are_not_asked_and_their_silence_helps_nobody():
    zone = Zone(dead="evil.co.example")
    zone.texts_of["_dmarc.bank.co.example"] = ("v=DMARC1; p=reject",)
    bogus = b"DKIM-Signature: v=1; a=rsa-sha256; h=from; d=evil.co.example; s=k; bh=AA; b=AA\r\n"
    mail = bogus + written_by("boss@bank.co.example")
    assert checked(mail, Trace("x@evil.co.example", "203.0.113.9"), zone)[1] == "failed"
    assert not [name for name in zone.asked if "evil" in name]


def bogus(*said: str) -> bytes:
    """Signatures that prove nothing, of these domains and keys."""
    return "".join(f"DKIM-Signature: v=1; a=rsa-sha256; h=from; {each}; bh=AA; b=AA\r\n" for each in said).encode()


@pytest.mark.parametrize("wait", [0.0, 4.0])
@pytest.mark.parametrize(
    ("said", "sender", "helo"),
    [
        ("d=bank.example; s=lame", "boss@bank.example", "evil.example"),
        ("d=lame.bank.example; s=k", "boss@bank.example", "evil.example"),
        ("d=lame.bank.example; s=k", "x@evil.example", "evil.example"),
        ("d=evil.example; s=k", "x@lame.bank.example", "evil.example"),
        ("d=evil.example; s=k", "", "lame.bank.example"),
    ],
)
def test_a_name_that_nobody_serves_does_not_hide_the_forger_who_chose_it(said, sender, helo, wait):
    zone = Zone(dead="lame.bank.example" if "s=lame" not in said else "lame._domainkey.bank.example", wait=wait)
    zone.texts_of["bank.example"] = ("v=spf1 include:spf.bank.example -all",)
    zone.texts_of["spf.bank.example"] = ("v=spf1 -all",)
    lines = bogus(*(said.replace("=lame", f"=n{n}.lame") for n in range(5)))
    hop = Trace(sender, "203.0.113.9", helo)
    found = checked(lines + written_by("boss@bank.example"), hop, zone, clock=lambda: zone.now)
    assert found == ("boss@bank.example", "failed")
    assert zone.now <= 12.0  # no more of it is waited for than before


def test_an_author_whom_nobody_serves_does_not_hide_the_one_beside_him():
    zone = Zone(dead="lame.example")
    assert checked(written_by("x@lame.example, boss@bank.example"), THIEF, zone)[1] == "failed"


@pytest.mark.parametrize("dead", ["_dmarc.bank.example", "spf.bank.example"])
def test_the_silence_of_the_senders_own_domain_accuses_nobody(dead):
    zone = Zone(dead=dead)
    zone.texts_of["bank.example"] = ("v=spf1 include:spf.bank.example -all",)
    found = checked(written_by("boss@bank.example"), Trace("boss@bank.example", "203.0.113.9"), zone)
    assert found == ("boss@bank.example", "unverified")


def test_a_signature_is_found_behind_one_whose_key_nobody_serves():
    zone = Zone(dead="lame._domainkey.shop.example", wait=1.5)
    mail = bogus("d=shop.example; s=lame") + signed(letter("f@shop.example"))
    assert checked(mail, zone=zone, clock=lambda: zone.now)[1] == "verified"


def test_slow_name_servers_are_told_from_a_mail_that_asks_too_much():
    for before, problem in ((FEW - 1, NameserversAway), (FEW, AskedTooMuch)):
        zone = Zone(dead="slow.bank.example", wait=9.0)
        asks = Lookups(zone, seconds=8.0, clock=lambda zone=zone: zone.now)  # type: ignore[arg-type, misc]
        for number in range(before):
            asks.texts(f"n{number}.bank.example")
        with pytest.raises(NameserversAway):
            asks.texts("slow.bank.example")
        with pytest.raises(problem):
            asks.texts("late.bank.example")
        assert asks.texts("n0.bank.example") == ()  # what is known is known


def test_an_expiry_of_five_thousand_digits_is_no_signature_and_no_trouble():
    for number in (b"9" * 5_000, b"\xd9\xa1" * 5_000, b"-1", b""):
        line = b"DKIM-Signature: v=1; a=rsa-sha256; h=from; d=bank.example; s=k; x=%b; bh=AA; b=AA\r\n" % number
        assert checked(line + written_by("boss@bank.example"), THIEF)[1] == "failed"


@pytest.mark.parametrize(
    ("noted", "peer"),
    [
        ("from mx.shop.example (mx.shop.example [203.0.113.9])", "203.0.113.9"),
        ("from [198.51.100.1] (mx.shop.example [203.0.113.9])", "203.0.113.9"),
        ("from ([198.51.100.1]) (unknown [203.0.113.9])", "203.0.113.9"),
        ("from mx.evil.example ([203.0.113.9] helo=mx.evil.example)", "203.0.113.9"),
        ("from mx.evil.example ([203.0.113.9]:2525 helo=198.51.100.1 ident=me)", "203.0.113.9"),
        ("from mx.evil.example ([203.0.113.9] helo=[203.0.113.9])", "203.0.113.9"),
        ("from mx.evil.example ([203.0.113.9] helo=[198.51.100.1])", None),
        ("from mx.evil.example ([203.0.113.9] ident=[198.51.100.1])", None),
        ("from [203.0.113.9] (helo=[198.51.100.1])", None),
        ("from [203.0.113.9] (helo=([198.51.100.1]))", None),
        ("from x (helo=([198.51.100.1]))", None),
        ("from x (mail.helo [203.0.113.9])", "203.0.113.9"),
        ("from x [198.51.100.1] (mail.helo [203.0.113.9])", None),
        ("from x [198.51.100.1] (mail.ident [203.0.113.9])", None),
        ("from x [198.51.100.1] (helo [203.0.113.9])", None),
        ("from x (198.51.100.1) (mx.evil.example [203.0.113.9])", None),
        ("from unknown (HELO ([198.51.100.1])) (203.0.113.9)", None),
        ("from unknown (HELO a) (198.51.100.1)) (203.0.113.9)", None),
        ("from unknown (EHLO 198.51.100.1) (203.0.113.9)", "203.0.113.9"),
        ("from [203.0.113.9] (port=44 helo=mx.evil.example)", "203.0.113.9"),
        ("from unknown (HELO [198.51.100.1]) (203.0.113.9)", None),
        ("from unknown (HELO mx.evil.example) (me@203.0.113.9)", "203.0.113.9"),
        ("from mx.evil.example (203.0.113.9)", "203.0.113.9"),
        ("from mx.shop.example (IDENT:me@mx.shop.example [203.0.113.9] (may be forged))", "203.0.113.9"),
        ("from mx.shop.example (mx [IPv6:2001:db8::9])", "2001:db8::9"),
        ("from mx.shop.example (mx [::ffff:203.0.113.9])", "203.0.113.9"),
        ("from mx.shop.example (a [198.51.100.1] [203.0.113.9])", None),
        ("from [198.51.100.1]", None),
        ("from [198.51.100.1] (nothing)", None),
        ("from mx.shop.example", None),
        ("(HELO [198.51.100.1])", None),
        ("", None),
    ],
)
def test_the_address_that_a_relay_noted_is_not_the_one_that_the_stranger_claims(noted, peer):
    mail = parsing.mime.read(f"Received: {noted} by relay.own.example; now\r\n\r\nx".encode())
    found = trace.first_hop(Trace("a@shop.example", "10.0.0.2"), mail.headers, trace.networks("10.0.0.0/8"))
    assert (found.peer if found else None) == peer


def test_an_address_that_came_over_both_protocols_is_one_and_a_name_breaks_no_line():
    found = trace.first_hop(Trace("a@shop.example", "::ffff:192.0.2.9"), parsing.mime.read(b"").headers, [])
    assert found == Trace("a@shop.example", "192.0.2.9")
    stored = trace.written(Trace("a\rb\udc80@shop.example", "192.0.2.9", "mx"), "hello") + b"Subject: x\r\n\r\n"
    assert trace.split(stored) == (Trace("ab@shop.example", "192.0.2.9", "mx"), b"Subject: x\r\n\r\n")
