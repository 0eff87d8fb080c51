"""Whatever a mail is made of, reading it ends soon, and says in a sentence what it could not read."""

import time

import pytest

from infra.mail.inbound.parsing import parse

DEEP = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(1000))
HEAD = b"From: Ann <ann@shop.example>\r\nSubject: Hello\r\n"


@pytest.mark.parametrize(
    ("mail", "says"),
    [
        (HEAD + b"X-Long: " + b"a" * 1_000_000 + b"\r\n\r\nbody", "longer than 256 kB"),
        (HEAD + b"\r\n" + b"a" * 1_000_000, ""),
        (HEAD + DEEP + b"\r\nbottom", "nested too deeply"),
        (
            HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 200_000,
            "too many parts",
        ),
        (HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + b"\r\n" * 5_000_000, ""),
        (HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 80_000 + b"hi", ""),
        (HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!-- <br <p " * 30_000, ""),
        (HEAD + b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\r\n\r\nhi", "longer than 256 kB"),
        (b"From: " + b"(" * 20_000 + b"\r\nSubject: Hello\r\n\r\nhi", ""),
        (HEAD + b'Content-Type: multipart/mixed; a="' + b'\\"; b="' * 5_000 + b"\r\n\r\nhi", ""),
    ],
    ids=["header", "line", "nested", "parts", "newlines", "divs", "comments", "words", "brackets", "parameters"],
)
def test_a_hostile_mail_is_read_within_seconds_and_what_was_not_read_is_said(mail, says):
    began = time.process_time()
    found = parse(mail)
    assert time.process_time() - began < 10
    assert found.subject.startswith("Hello")
    assert says in found.problem


def test_broken_charsets_and_letters_that_no_database_takes_become_text():
    found = parse(
        b"From: =?klingon?Q?Z=FCrich?= <ann@shop.example>\r\nSubject: =?utf-8?B?SMO8?= =?utf-8?Q?=FF?=\r\n"
        b"Content-Type: text/plain; charset=klingon\r\n\r\nGr\xfc\xdfe\0!"
    )
    assert found.sender == "ann@shop.example"
    assert found.sender_name == "Zürich"
    assert found.text == "Grüße!"
    assert "\0" not in found.subject


def test_files_are_kept_as_they_are_and_named_as_the_sender_says():
    found = parse(
        HEAD + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee the file.\r\n"
        b"--x\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; "
        b"filename*=UTF-8''..%2F..%2Fb%C3%B6mbe.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"UEsDBA==\r\n--x--\r\n"
    )
    (file,) = found.attachments
    assert found.text == "See the file."
    assert (file.name, file.type, file.content) == ("../../bömbe.zip", "application/zip", b"PK\x03\x04")


def test_of_html_the_text_is_kept_and_no_script():
    found = parse(HEAD + b"Content-Type: text/html\r\n\r\n<p>One &lt;b&gt;</p><script>alert(1)</script><p>Two<br>3")
    assert found.text == "One <b>\n\nTwo\n3"


def test_a_reply_knows_what_it_answers():
    found = parse(HEAD + b"In-Reply-To: <b@x.example>\r\nReferences: <a@x.example>\r\n <b@x.example>\r\n\r\nYes.")
    assert found.in_reply_to == ("<b@x.example>",)
    assert found.references == ("<a@x.example>", "<b@x.example>")


def test_a_mail_that_passed_fifty_servers_goes_in_circles_and_is_never_answered():
    found = parse(b"Received: from a by b\r\n" * 51 + HEAD + b"\r\nHello")
    assert found.circles
    assert not found.may_be_answered


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"Auto-Submitted: auto-replied", "reply"),
        (b"Auto-Submitted: no", None),
        (b"Precedence: auto_reply", "reply"),
        (b"Precedence: bulk", "bulk"),
        (b"List-Id: <news.shop.example>", "bulk"),
        (b"X-Autoreply: yes", "reply"),
        (b"X-Auto-Response-Suppress: OOF, AutoReply", "reply"),
        (b"Subject: Out of Office: Hello", "reply"),
        (b"Subject: Abwesenheitsnotiz: Hallo", "reply"),
        (b"Subject: =?utf-8?Q?R=C3=A9ponse_automatique?= : Bonjour", "reply"),
        (b"Subject: We are out of office chairs", None),
    ],
)
def test_machines_are_told_from_people(header, kind):
    assert parse(header + b"\r\nFrom: ann@shop.example\r\n\r\nHello").auto_submitted == kind
