"""The receiver as other servers meet it: what it answers 250 for is kept, and what it does not is not."""

import random
import smtplib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from customers.models import InboundMail
from infra.ids import new_id
from infra.mail import verp
from infra.storage import StorageKey
from tests.infra.mail.inbound.receiving import DOMAIN, Receiving, letter

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def receiver(environment) -> Iterator[Receiving]:
    started = Receiving(environment)
    started.start()
    yield started
    started.stop()


def kept(services, tenant) -> list[InboundMail]:
    with services.db.tenant_session(tenant) as session:
        return list(session.scalars(select(InboundMail).order_by(InboundMail.id)))


def test_a_mail_is_kept_as_it_came_and_once_however_often_it_is_sent(receiver, services, own_tenant):
    mail = letter("one@shop.example", text=".a dot\n..two dots\n.\nand more")
    to = f"Hello@{own_tenant.slug.upper()}.{DOMAIN}"
    assert receiver.say(to, mail)[0] == 250
    assert receiver.say(to, mail)[0] == 250
    (row,) = kept(services, own_tenant)
    assert row.state == "received"
    content = services.storage.get(StorageKey(row.file))
    assert content.startswith(b"Return-Path: <ann@shop.example>\r\nDelivered-To: Hello\r\n")
    assert content.endswith(b".a dot\r\n..two dots\r\n.\r\nand more\r\n")
    assert mail.rstrip() in content


def test_one_message_id_for_all_mails_loses_none_of_them(receiver, services, own_tenant):
    to = f"hello@{own_tenant.slug}.{DOMAIN}"
    for sender in ("ann@shop.example", "ben@shop.example"):
        assert receiver.say(to, letter("same@shop.example", sender=sender))[0] == 250
    assert len(kept(services, own_tenant)) == 2


@pytest.mark.parametrize("to", ["hello@no-such-workspace", "hello", "@x", "hello@a.b.c", "bounce+0.0"])
def test_who_is_not_here_is_refused_before_the_mail_is_sent(receiver, own_tenant, to):
    address = f"{to}.{DOMAIN}" if "@" in to else f"{to}@{own_tenant.slug}.{DOMAIN}"
    code, _ = receiver.say(address if to != "hello" else "hello@elsewhere.example", letter("x@shop.example"))
    assert code in (550, 553)


def test_a_bounce_address_that_we_did_not_make_is_refused(receiver, services, own_tenant, acme):
    settings = replace(services.settings, inbound_domain=DOMAIN)
    mail = new_id()
    own = verp.return_path(settings, services.keys, own_tenant, mail)
    assert receiver.say(own.upper(), letter("b1@shop.example"), sender="")[0] == 250
    assert [row.outbox_id for row in kept(services, own_tenant)] == [mail]
    others = verp.return_path(settings, services.keys, acme, mail).partition("@")[0]
    assert receiver.say(f"{others}@{own_tenant.slug}.{DOMAIN}", letter("b2@shop.example"), sender="")[0] == 550
    assert len(own.partition("@")[0]) <= 64


def test_more_than_thirty_megabytes_are_refused_and_the_connection_goes_on(receiver, services, own_tenant):
    to = f"hello@{own_tenant.slug}.{DOMAIN}"
    large = letter("large@shop.example") + b"a" * 998 + b"\r\n"
    large += (b"b" * 998 + b"\r\n") * (31 * 1024)
    with receiver.connect() as smtp:
        smtp.ehlo()
        assert smtp.mail("ann@shop.example", ["SIZE=40000000"])[0] == 552
        smtp.rset()
        smtp.mail("ann@shop.example")
        smtp.rcpt(to)
        assert smtp.data(large)[0] == 552
        smtp.mail("ann@shop.example")
        smtp.rcpt(to)
        assert smtp.data(letter("small@shop.example"))[0] == 250
    assert len(kept(services, own_tenant)) == 1


def test_a_header_and_a_line_of_a_megabyte_are_kept_whole(receiver, services, own_tenant):
    mail = b"X-Long: " + b"h" * 1_000_000 + b"\r\n" + letter("long@shop.example") + b"l" * 1_000_000 + b"\r\n"
    assert receiver.say(f"hello@{own_tenant.slug}.{DOMAIN}", mail)[0] == 250
    (row,) = kept(services, own_tenant)
    assert row.size == len(mail)


def test_a_killed_receiver_loses_nothing_that_it_said_250_for_and_doubles_nothing(receiver, services, own_tenant):
    """Somebody sends twelve mails, each until it is taken, while the receiver is killed again and again."""
    to, dice, done = f"hello@{own_tenant.slug}.{DOMAIN}", random.Random(7), threading.Event()

    def send_all() -> None:
        for number in range(12):
            mail = letter(f"kill-{number}@shop.example", text="x" * 200_000)
            while True:
                try:
                    if receiver.say(to, mail)[0] == 250:
                        break
                except (OSError, smtplib.SMTPException):
                    time.sleep(0.05)
        done.set()

    sender = threading.Thread(target=send_all)
    sender.start()
    for _ in range(3):
        time.sleep(dice.uniform(0.05, 0.4))  # the moment of death, not a wait for something
        receiver.kill()
        receiver.start()
    assert done.wait(60)
    sender.join(5)
    rows = kept(services, own_tenant)
    assert len(rows) == 12
    assert all(len(services.storage.get(StorageKey(row.file))) > 200_000 for row in rows)


def test_while_storage_is_away_mail_waits_and_who_sends_too_much_waits_too(environment, services, own_tenant):
    services.queues.connection.flushdb()  # what the tests before have sent
    away = Receiving(environment, S3_ENDPOINT="http://127.0.0.1:9", INBOUND_RATE="2")
    away.start()
    to = f"hello@{own_tenant.slug}.{DOMAIN}"
    try:
        said = [away.say(to, letter("wait@shop.example")) for _ in range(3)]
    finally:
        assert away.stop() == 0
    assert [code for code, _ in said] == [451, 451, 451]
    assert b"kept at the moment" in said[0][1]
    assert b"too many mails" in said[2][1]
