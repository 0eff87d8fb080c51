"""What comes back is understood as the big servers write it, and what a person writes is not taken for it."""

from pathlib import Path
from uuid import UUID

import pytest

from infra.mail import bounces, dsn
from infra.mail.inbound import parsing

FIXTURES = Path(__file__).parent / "fixtures"

EXPECTED = {
    "postfix": ("standard", "hard", "5.1.1", "nobody@shop.example", 1),
    "postfix_full": ("standard", "soft", "4.2.2", "full@shop.example", 2),
    "sendmail": ("standard", "hard", "5.2.1", "gone@shop.example", 3),
    "exchange_online": ("standard", "hard", "5.1.10", "nobody@shop.example", 4),
    "exchange_edge": ("standard", "hard", "5.4.1", "nobody@shop.example", 5),
    "gmail": ("standard", "hard", "5.1.1", "nobody@shop.example", 6),
    "domino": ("standard", "hard", "5.0.0", "nobody@shop.example", 7),
    "delayed": ("standard", "soft", "4.4.1", "ann@shop.example", 8),
    "qmail": ("qmail", "hard", "5.1.1", "nobody@shop.example", 9),
    "yahoo": ("yahoo", "hard", "", "nobody@shop.example", 10),
    "exim": ("exim", "hard", "5.1.1", "nobody@shop.example", 11),
    "gmx": ("1&1, GMX, web.de", "hard", "5.1.1", "nobody@shop.example", 12),
    "webde_full": ("1&1, GMX, web.de", "soft", "", "full@shop.example", 13),
    "tonline": ("t-online, smail", "hard", "", "nobody@shop.example", 14),
    "mailru": ("mail.ru", "hard", "5.1.1", "nobody@shop.example", 15),
    "notes": ("lotus", "hard", "", "nobody@shop.example", 16),
    "exchange_2000": ("exchange", "hard", "", "nobody@shop.example", 17),
    "gmail_old": ("gmail", "soft", "4.2.2", "full@shop.example", 18),
    "sendmail_old": ("sendmail", "hard", "", "nobody@shop.example", 19),
    "tonline_filter": ("postfix", "soft", "", "ann@shop.example", 20),
    "complaint": ("standard", "complaint", "", "ann@shop.example", 21),
}


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n")


@pytest.mark.parametrize("name", EXPECTED)
def test_each_servers_report_names_its_mail_its_recipient_and_its_kind(name):
    shape, kind, status, recipient, number = EXPECTED[name]
    null_sender = name != "complaint"
    found = dsn.parse(fixture(name), null_sender=null_sender)
    assert found is not None
    assert found.shape == shape
    (report,) = found.reports
    assert (report.kind, report.status) == (kind, status)
    assert report.recipients[0] == recipient
    assert UUID(f"0193a1b2-0000-7000-8000-0000000000{number:02d}") in found.outbox_ids
    assert "@" not in report.diagnostic


@pytest.mark.parametrize("name", ["vacation_outlook", "vacation_gmail"])
def test_a_vacation_notice_to_a_bounce_address_is_an_automatic_reply(name):
    found = dsn.parse(fixture(name), null_sender=False, to_bounce_address=True)
    assert found is not None
    assert [report.kind for report in found.reports] == ["reply"]
    assert dsn.parse(fixture(name), null_sender=False) is None
    assert parsing.parse(fixture(name)).auto_submitted == "reply"


def test_a_person_who_writes_about_undelivered_orders_is_a_person():
    assert dsn.parse(fixture("person"), null_sender=False) is None
    mail = parsing.parse(fixture("person"))
    assert mail.auto_submitted is None
    assert mail.may_be_answered
    assert mail.sender == "ann@shop.example"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("550 5.1.1 No such user", "hard"),
        ("550 Requested action not taken: mailbox unavailable", "hard"),
        ("450 Requested mail action not taken: mailbox unavailable", "soft"),
        ("552 5.2.2 Mailbox full", "soft"),
        ("554 5.7.1 Message blocked, user unknown to our reputation service", "soft"),
        ("550 5.7.1 Unable to relay", "soft"),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound", "hard"),
        ("556 5.1.10 Recipient address has null MX", "hard"),
        ("554 Transaction failed", "soft"),
        ("the address is not valid", "unknown"),
    ],
)
def test_a_servers_reply_is_judged_by_the_same_table(reply, kind):
    assert bounces.classify(bounces.status_in(reply), reply) == kind
