"""The mailbox keeps what arrives, and its page shows it without running it."""

import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from infra.local.inbox import Inbox
from infra.local.mailbox import Mailbox, messages
from infra.local.ports import free_port


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path / "mail", free_port())
    box.start()
    yield box
    box.stop()


@pytest.fixture
def page(mailbox: Mailbox) -> Iterator[str]:
    port = free_port()
    inbox = Inbox(mailbox.folder, port)
    inbox.start()
    yield f"http://127.0.0.1:{port}"
    inbox.stop()


def send(mailbox: Mailbox, subject: str, text: str, html: str) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "a@rapport.example", "Ada <ada@acme.example>"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", mailbox.port) as server:
        server.send_message(mail)


def fetch(address: str) -> tuple[str, str]:
    with urllib.request.urlopen(address, timeout=5) as response:
        return response.read().decode(), response.headers["Content-Security-Policy"]


def test_a_mail_is_kept_with_its_envelope(mailbox: Mailbox) -> None:
    send(mailbox, "Grüße", "Hallo", "<p>Hallo</p>")

    [(_, mail)] = messages(mailbox.folder)
    assert mail["Subject"] == "Grüße"
    assert mail["Delivered-To"] == "ada@acme.example"
    assert mail["Return-Path"] == "<a@rapport.example>"


def test_the_inbox_lists_and_shows_a_mail_with_its_links(mailbox: Mailbox, page: str) -> None:
    send(mailbox, "A <b>bold</b> start", "Go to http://acme.localhost:8000/verify/x?a=1&b=2", "<p>Go</p>")

    listed, _ = fetch(page + "/")
    assert "A &lt;b&gt;bold&lt;/b&gt; start" in listed
    path = listed.split('<li><a href="')[1].split('"')[0]
    shown, rules = fetch(page + path)
    assert '<a href="http://acme.localhost:8000/verify/x?a=1&amp;b=2">' in shown
    assert 'sandbox="allow-popups"' in shown
    assert "default-src 'none'" in rules
    html, rules = fetch(page + path + "/html")
    assert "<p>Go</p>" in html
    assert "sandbox" in rules


@pytest.mark.parametrize("path", ["/mail/nothing", "/mail/..%2f..%2fsettings", "/mail/../settings.env", "/else"])
def test_what_is_not_a_mail_is_not_shown(page: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(page + path)
    assert refused.value.code == 404
    refused.value.close()
