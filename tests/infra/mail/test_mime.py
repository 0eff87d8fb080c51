"""What goes over the wire."""

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any
from uuid import UUID

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from infra.clock import now
from infra.crypto import normal
from infra.mail.dkim import DkimSigner
from infra.mail.mime import BadMail, Envelope, address, build
from infra.mail.purposes import Message

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SIGNER = DkimSigner("rapport.example", "s1", KEY)
ID = UUID(int=7)
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=200)


def built(signer: DkimSigner | None = None, **changes: Any) -> Envelope:
    fields: dict[str, Any] = {"to": "ann@example.org", "subject": "Hello", "text": "Hi", "html": "<p>Hi</p>"}
    message = Message(**{**fields, **changes})
    return build(message, id=ID, date=now(), default_sender="Rapport <no-reply@rapport.example>", signer=signer)


def parsed(envelope: Envelope) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(envelope.content)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def key_record(*_: Any, **__: Any) -> bytes:
    import base64

    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def test_the_parts_and_headers_of_a_mail() -> None:
    message = parsed(built(to_name="Zoë Ünal", subject="Grüße — 你好", text="Schön\n.\nEnde", html="<p>Schön</p>"))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert body(message, "plain").splitlines() == ["Schön", ".", "Ende"]
    assert body(message, "html") == "<p>Schön</p>"
    assert message["Subject"] == "Grüße — 你好"
    assert message["To"].addresses[0].display_name == "Zoë Ünal"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{ID}@rapport.example>"
    assert message["Bcc"] is None
    assert all(message[name] for name in ("From", "Date", "MIME-Version"))


def test_a_mail_that_may_be_answered_says_so() -> None:
    message = parsed(built(automatic=False, reply_to="Acme <hello@acme.example>"))
    assert message["Auto-Submitted"] is None
    assert message["Reply-To"] == "Acme <hello@acme.example>"


@given(subject=ANY_TEXT, name=ANY_TEXT, text=ANY_TEXT, html=ANY_TEXT)
def test_no_text_breaks_out_of_its_place(subject: str, name: str, text: str, html: str) -> None:
    envelope = built(SIGNER, subject=subject, to_name=name, text=text, html=html)
    head, _, rest = envelope.content.partition(b"\r\n\r\n")
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert names == [
        *(b"DKIM-Signature", b"From", b"To", b"Subject", b"Date", b"Message-ID"),
        *(b"MIME-Version", b"Content-Type", b"Auto-Submitted"),
    ]
    assert b"\n" not in envelope.content.replace(b"\r\n", b"")
    assert max(len(line) for line in envelope.content.split(b"\r\n")) <= 998
    assert envelope.content.isascii()
    assert rest.count(b"--=_" + ID.hex.encode()) == 3


NO_ADDRESSES = (
    *("", "ann", "ann@", "@x.org", "a b@x.org", "ann@x..org", "a@" + "x" * 400, "<ann@x.org>"),
    *("ann@x.org\r\nBcc: eve@x.org", "ann@x.org, eve@x.org"),
)


@pytest.mark.parametrize("bad", NO_ADDRESSES)
def test_what_is_no_address_is_refused(bad: str) -> None:
    with pytest.raises(BadMail):
        built(to=bad)
    with pytest.raises(BadMail):
        built(sender=f"Eve <{bad}>")


def test_a_domain_goes_out_in_ascii() -> None:
    assert address(" ann@bücher.example ") == "ann@xn--bcher-kva.example"
    assert address("ann@straße.example") == "ann@xn--strae-oqa.example" == normal.email("ann@straße.example")


@pytest.mark.parametrize(
    "header",
    [("X-A", "a\r\nBcc: eve@x.org"), ("X A", "a"), ("Bcc", "eve@x.org"), ("To", "eve@x.org"), ("X-A", "ü")],
)
def test_a_header_cannot_be_smuggled_in(header: tuple[str, str]) -> None:
    with pytest.raises(BadMail):
        built(headers=(header,))
    assert parsed(built(headers=(("List-Id", "<a.example>"),)))["List-Id"] == "<a.example>"


@given(subject=ANY_TEXT, text=ANY_TEXT, html=ANY_TEXT)
def test_the_signature_is_what_dkimpy_expects(subject: str, text: str, html: str) -> None:
    envelope = built(SIGNER, subject=subject, text=text, html=html)
    assert dkim.verify(envelope.content, dnsfunc=key_record)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: Hello", b"Subject: Other"),
        (b"<p>Hi</p>", b"<p>Ho</p>"),
        (b"\r\nTo:", b"\r\nFrom: e@x.org\r\nTo:"),
    ],
)
def test_a_change_on_the_way_breaks_the_signature(old: bytes, new: bytes) -> None:
    content = built(SIGNER).content
    assert old in content
    assert not dkim.verify(content.replace(old, new), dnsfunc=key_record)


def test_relaying_may_fold_and_pad_without_harm() -> None:
    content = built(SIGNER, text="one  two").content
    padded = content.replace(b"Subject: Hello", b"SUBJECT:  Hello ").replace(b"one  two\r\n", b"one two \t\r\n")
    assert padded != content
    assert dkim.verify(padded + b"\r\n\r\n", dnsfunc=key_record)
