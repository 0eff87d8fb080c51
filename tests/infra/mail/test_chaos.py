"""Everything that can go wrong with mail, at once; the whole of it is a measure of the bench."""

from pathlib import Path

import pytest

from infra.mail.purposes import MailPurposes
from tests.infra.mail.conftest import PURPOSES, Desk, install_templates
from tests.support import mail_chaos

pytestmark = pytest.mark.processes
MAILS = 1_500


def prepare() -> MailPurposes:
    install_templates()
    return PURPOSES


def test_no_mail_is_lost_none_is_sent_twice_and_each_ends(desk: Desk, tmp_path: Path) -> None:
    desk.ask(*(f"p{number}@d{number % 5}.example" for number in range(MAILS)))
    found = mail_chaos.run(desk.services, desk.tenant, prepare, tmp_path / "sink.log", most_kills=6, timeout=240)
    assert set(found.states) <= {"accepted", "refused", "unknown"}, found
    assert sum(found.states.values()) == MAILS
    assert found.kills >= 1
    assert (found.twice, found.missing) == (0, 0), found
    assert found.states.get("unknown", 0) <= found.unknown_allowed, found
    assert found.accepted_share >= 0.98, found
