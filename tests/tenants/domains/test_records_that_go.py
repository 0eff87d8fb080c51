"""What happens when the records of a domain go, come back, or nobody answers for them."""

from contextvars import Context
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from infra import clock, i18n
from infra.mail.models import Outbox
from infra.mail.purposes import OutgoingMail
from tenants import staff
from tenants.domains import mails
from tenants.permissions import ADMIN, EDITOR
from tests.tenants.domains.story import Workspace, give_up, main_host, make_main, served


def test_an_old_record_proves_nothing_for_whoever_comes_next(ours, theirs, house, host):
    mine = ours.live(host)
    ours.do(give_up, mine.id)
    Context().run(ours.checker().check, mine.id)
    assert served(house, host) is None
    other = theirs.add(host)  # the CNAME and our TXT were left dangling
    assert theirs.check(other).verified_at is None
    again = ours.add(host)
    assert ours.check(again).verified_at is None, "the token of the first claim is spent"


def test_records_that_go_are_told_and_after_three_days_the_domain_is_off(ours, house, server, host, later):
    ours.do(staff.add, name="Ada", email="ada@acme.example", role=ADMIN, password_hash=None, locale="de")
    ours.do(staff.add, name="Eve", email="eve@acme.example", role=EDITOR, password_hash=None, locale="en")
    domain = ours.live(host)
    server.set_text(f"_rapport-challenge.{host}")

    later(timedelta(days=1))
    domain = ours.check(domain)
    assert domain.failing_since is not None
    assert domain.warned_at is None
    assert domain.next_check_at == clock.now() + timedelta(hours=1)

    later(timedelta(hours=1))
    domain = ours.check(domain)
    assert domain.warned_at is not None
    assert served(house, host) == ours.tenant.id, "it is served for three days"
    letters = written(ours)
    assert [to for to, _, _ in letters] == ["ada@acme.example"]
    assert host in letters[0][2]
    assert "%" not in letters[0][1]

    later(timedelta(days=2, hours=20))
    assert ours.check(domain).verified_at is not None
    later(timedelta(hours=4))
    domain = ours.check(domain)
    assert domain.verified_at is None
    assert domain.disabled_at is not None
    assert served(house, host) is None
    assert ours.audited() == ["domain.added", "domain.verified", "domain.failing", "domain.disabled"]
    assert len(written(ours)) == 2

    ours.prove(domain)
    assert ours.check(domain).verified_at is not None, "checked on demand it comes back"
    assert served(house, host) == ours.tenant.id
    assert written(ours) == [], "a mail whose reason has gone is not sent"


def written(workspace: Workspace) -> list[tuple[str, str, str]]:
    """Every mail about domains as the worker would render it now: to whom, subject, text."""

    def render(session: Any) -> list[tuple[str, str, str]]:
        found = []
        for row in session.scalars(select(Outbox).where(Outbox.purpose == mails.TROUBLE_MAIL)):
            mail = OutgoingMail(
                row.id, row.purpose, row.ref_id, row.key, row.locale, workspace.tenant, workspace.house.settings
            )
            with i18n.use(row.locale):
                message = mails.trouble(session, mail)
            if message is not None:
                found.append((message.to, message.subject, message.text))
        return found

    letters: list[tuple[str, str, str]] = workspace.do(render)
    return letters


def test_a_record_that_comes_back_in_time_is_as_if_nothing_had_been(ours, server, host, later):
    domain = ours.live(host)
    server.set(host, "CNAME", "elsewhere.example.")
    later(timedelta(days=1))
    assert ours.check(domain).failing_since is not None
    ours.prove(domain)
    later(timedelta(hours=1))
    domain = ours.check(domain)
    assert domain.failing_since is None
    assert ours.audited() == ["domain.added", "domain.verified"]


def test_name_servers_that_do_not_answer_switch_nothing_off_at_once(ours, house, server, host, monkeypatch):
    domain = ours.live(host)
    ours.do(make_main, domain.id)
    domain = ours.check(domain)
    server.refusing = True
    domain = ours.check(domain)
    assert domain.text_state == "unanswered"
    assert served(house, host) == ours.tenant.id
    assert main_host(house, ours.tenant) == host


def test_nobody_takes_a_domain_while_the_name_servers_are_away(ours, theirs, house, server, host):
    ours.live(host)
    other = theirs.add(host)
    server.refusing = True
    assert theirs.check(other).verified_at is None
    assert served(house, host) == ours.tenant.id
