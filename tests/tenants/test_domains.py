"""Domains of a workspace's own: proof in a real DNS, who serves what, and what happens when records go."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import delete, select, update

from infra import clock, dns, i18n
from infra.db import TenantRef
from infra.errors import Invalid, NotFound
from infra.mail.models import Outbox
from infra.mail.purposes import OutgoingMail
from infra.services import Services
from tenants import directory, provisioning, staff
from tenants.domains import checking, claims, jobs, mails, records, serving
from tenants.domains.checking import Checker
from tenants.models import AuditEntry, Domain, Host, Routing
from tenants.permissions import ADMIN, EDITOR, SYSTEM
from tests.support.nameserver import Nameserver
from tests.support.tenants import close_for_good, open_own

TARGET = "edge.rapport.test"


@pytest.fixture(scope="module")
def server() -> Iterator[Nameserver]:
    running = Nameserver()
    running.set(TARGET, "A", "192.0.2.80")
    yield running
    running.stop()


@pytest.fixture
def house(services: Services, server: Nameserver) -> Services:
    server.silent = server.refusing = False
    return replace(services, settings=replace(services.settings, nameservers=server.setting, domain_target=TARGET))


@pytest.fixture
def host() -> str:
    return f"feedback.{uuid4().hex[:10]}.example"


class Workspace:
    """A tenant as the tests tell of it: every verb is committed."""

    def __init__(self, house: Services, tenant: TenantRef, server: Nameserver) -> None:
        self.house, self.tenant, self.server = house, tenant, server

    def do(self, verb: Callable[..., Any], *rest: Any, **named: Any) -> Any:
        def run() -> Any:
            with self.house.db.tenant_session(self.tenant) as session:
                return verb(session, *rest, **named)

        return Context().run(run)

    def add(self, host: str) -> Domain:
        found: Domain = self.do(claims.add, self.house.settings, host=host, by=SYSTEM)
        return found

    def read(self, domain: Domain) -> Domain:
        found: Domain = self.do(claims.get, domain.id)
        return found

    def check(self, domain: Domain) -> Domain:
        Context().run(self.checker().check, domain.id)
        return self.read(domain)

    def checker(self, resolver: dns.Resolver | None = None) -> Checker:
        found = resolver or dns.resolver(self.house.settings)
        return Checker(
            lambda: self.house.db.tenant_session(self.tenant),
            self.house.db,
            self.house.settings,
            found,
            self.tenant,
        )

    def prove(self, *domains: Domain) -> None:
        """Sets the records of these claims, all to the same host, and takes away those of others."""
        host = domains[0].host
        self.server.set_text(f"_rapport-challenge.{host}", *(records.proof(each.token) for each in domains))
        self.server.set(host, "CNAME", TARGET + ".")

    def live(self, host: str) -> Domain:
        domain = self.add(host)
        self.prove(domain)
        return self.check(domain)

    def audited(self) -> list[str]:
        query = select(AuditEntry.action).where(AuditEntry.action.like("domain.%")).order_by(AuditEntry.id)
        return list(self.do(lambda session: session.scalars(query).all()))


@pytest.fixture
def ours(house: Services, own_tenant: TenantRef, server: Nameserver) -> Workspace:
    return Workspace(house, own_tenant, server)


@pytest.fixture
def theirs(house: Services, services: Services, server: Nameserver) -> Iterator[Workspace]:
    tenant = open_own(services)
    yield Workspace(house, tenant, server)
    close_for_good(services, tenant)


@pytest.fixture
def later() -> Iterator[Callable[[timedelta], datetime]]:
    """`later(timedelta(days=1))`: the clock goes on by that much and stands still there."""
    travels = []

    def go(by: timedelta) -> datetime:
        moment = clock.now() + by
        traveller = time_machine.travel(moment, tick=False)
        traveller.start()
        travels.append(traveller)
        return moment

    yield go
    for traveller in reversed(travels):
        traveller.stop()


def served(house: Services, host: str) -> UUID | None:
    """Whose requests to the host are answered, as a process that knows nothing yet finds out."""
    found = directory.Directory(house.db, house.settings).find(host)
    return found.ref.id if found else None


def generation(house: Services) -> int:
    with house.db.control_session() as session:
        return session.scalar(select(Routing.generation)) or 0


def test_a_domain_is_served_once_its_record_of_proof_is_found(ours, house, server, host):
    domain = ours.add(f"https://{host.upper()}/")
    assert domain.host == host
    assert served(house, host) is None
    before = generation(house)

    server.set_text(f"_rapport-challenge.{host}", "v=spf1 -all", records.proof(domain.token))
    domain = ours.check(domain)
    assert (domain.text_state, domain.pointer_state) == ("found", "missing")
    assert domain.verified_at is not None
    assert served(house, host) == ours.tenant.id
    assert generation(house) > before

    server.set(host, "CNAME", TARGET + ".")
    domain = ours.check(domain)
    assert domain.pointer_state == "found"
    assert domain.failing_since is None
    assert ours.audited() == ["domain.added", "domain.verified"]


def test_what_stands_in_dns_instead_is_said(ours, server, host):
    domain = ours.add(host)
    server.set_text(f"_rapport-challenge.{host}", "rapport-domain=somebody-else\x07")
    server.set(host, "CNAME", "shops.example.")
    domain = ours.check(domain)
    assert (domain.text_state, domain.text_seen) == ("elsewhere", "rapport-domain=somebody-else?")
    assert (domain.pointer_state, domain.pointer_seen) == ("elsewhere", "shops.example")
    server.set(host, "CNAME")
    server.set(host, "A", "198.51.100.7")
    domain = ours.check(domain)
    assert (domain.pointer_state, domain.pointer_seen) == ("elsewhere", "198.51.100.7")
    assert domain.verified_at is None


def test_a_domain_without_a_part_in_front_points_here_by_its_addresses(ours, server, host):
    domain = ours.add(host)
    ours.prove(domain)
    server.set(host, "CNAME")
    server.set(host, "A", "192.0.2.80")
    assert ours.check(domain).pointer_state == "found"


@pytest.mark.parametrize(
    "typed", ["192.0.2.1", "co.uk", "acme", "*.acme.example", "printer.local", ".".join(["x" * 57] * 4) + ".com"]
)
def test_what_is_no_domain_of_ones_own_is_refused(ours, typed):
    with pytest.raises(Invalid) as refused:
        ours.add(typed)
    assert refused.value.problems["host"]


def test_the_platforms_own_names_and_those_of_other_tenants_are_refused(ours, house):
    house = replace(house, settings=replace(house.settings, base_url="https://app.rapport.example"))
    own = Workspace(house, ours.tenant, ours.server)
    for name in ("app.rapport.example", "globex.app.rapport.example", "rapport.example", TARGET):
        with pytest.raises(Invalid) as refused:
            own.add(name)
        assert refused.value.problems["host"] == [claims.OURS]


def test_a_domain_is_added_once_and_no_more_than_ten(ours, host):
    ours.add(host)
    with pytest.raises(Invalid):
        ours.add(host.upper())
    for number in range(claims.MOST - 1):
        ours.add(f"n{number}.{host}")
    with pytest.raises(Invalid) as refused:
        ours.add(f"one-more.{host}")
    assert refused.value.problems["host"] == [claims.TOO_MANY]


def test_two_who_add_the_same_domain_at_once_add_it_once(ours, host):
    def attempt(_: int) -> bool:
        try:
            ours.add(host)
        except Invalid:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]


def test_of_two_workspaces_that_claim_a_domain_the_one_who_proves_it_is_served(ours, theirs, house, host):
    mine, other = ours.add(host), theirs.add(host)
    assert mine.token != other.token
    theirs.prove(other)
    assert ours.check(mine).verified_at is None
    assert theirs.check(other).verified_at is not None
    assert served(house, host) == theirs.tenant.id


def test_a_proved_domain_cannot_be_taken_while_its_proof_stands(ours, theirs, house, host):
    mine = ours.live(host)
    other = theirs.add(host)
    ours.prove(mine, other)  # both records are there
    found = theirs.check(other)
    assert found.text_state == "found"
    assert found.taken
    assert found.verified_at is None
    assert served(house, host) == ours.tenant.id

    theirs.prove(other)  # ours is gone: the domain has changed hands
    assert theirs.check(other).verified_at is not None
    assert served(house, host) == theirs.tenant.id
    lost = ours.check(mine)
    assert lost.verified_at is None
    assert lost.disabled_at is not None
    assert "domain.disabled" in ours.audited()


def test_both_prove_at_once_and_one_of_them_is_served(ours, theirs, house, host):
    mine, other = ours.add(host), theirs.add(host)
    ours.prove(mine, other)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda pair: pair[0].check(pair[1]), [(ours, mine), (theirs, other)]))
    assert sorted(each.taken for each in found) == [False, True]
    winner = ours if found[0].verified_at else theirs
    assert served(house, host) == winner.tenant.id


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


def make_main(session: Any, domain_id: UUID) -> None:
    claims.make_main(session, claims.get(session, domain_id), by=SYSTEM)


def give_up(session: Any, domain_id: UUID) -> None:
    claims.remove(session, claims.get(session, domain_id), by=SYSTEM)


def main_host(house: Services, tenant: TenantRef) -> str | None:
    found = directory.Directory(house.db, house.settings).find_by_id(tenant.id)
    return found.main_host if found else None


def test_the_main_domain_is_one_and_mails_lead_to_it(ours, house, host):
    first, second = ours.live(host), ours.live("other." + host)
    assert ours.do(claims.home) == ours.tenant.slug
    ours.do(make_main, first.id)
    ours.check(first)
    assert (ours.do(claims.home), main_host(house, ours.tenant)) == (host, host)
    ours.do(make_main, second.id)
    ours.check(second)
    assert (ours.do(claims.home), main_host(house, ours.tenant)) == ("other." + host, "other." + host)
    assert not ours.check(first).main


def test_a_domain_that_does_not_lead_here_cannot_be_the_main_one(ours, server, host):
    domain = ours.add(host)
    with pytest.raises(claims.NotReady):
        ours.do(make_main, domain.id)
    ours.prove(domain)
    server.set(host, "CNAME", "elsewhere.example.")
    ours.check(domain)
    with pytest.raises(claims.NotReady):
        ours.do(make_main, domain.id)


def test_pages_stop_leading_to_a_domain_that_points_elsewhere_at_the_next_check(ours, house, server, host):
    domain = ours.live(host)
    ours.do(make_main, domain.id)
    ours.check(domain)
    server.set(host, "CNAME", "elsewhere.example.")
    ours.check(domain)
    assert main_host(house, ours.tenant) is None
    assert ours.do(claims.home) == ours.tenant.slug
    ours.prove(domain)
    ours.check(domain)
    assert main_host(house, ours.tenant) == host, "the wish is kept"


def test_a_removal_that_broke_off_is_finished_by_the_clock(ours, house, host):
    domain = ours.live(host)
    ours.do(give_up, domain.id)
    assert served(house, host) == ours.tenant.id, "the process died before it told the control plane"
    Context().run(jobs.check_due, house, ours.tenant)
    assert served(house, host) is None
    assert ours.do(lambda session: session.get(Domain, domain.id)) is None
    with pytest.raises(NotFound):
        ours.read(domain)


def test_a_check_that_broke_off_after_the_control_plane_was_told_is_taken_up(ours, house, host, monkeypatch):
    domain = ours.add(host)
    ours.prove(domain)

    def dies(*rest: Any, **named: Any) -> None:
        raise RuntimeError("killed here")

    monkeypatch.setattr(checking, "note", dies)
    with pytest.raises(RuntimeError):
        ours.check(domain)
    monkeypatch.undo()
    assert served(house, host) == ours.tenant.id
    assert ours.read(domain).verified_at is None
    Context().run(jobs.check_due, house, ours.tenant)
    assert ours.read(domain).verified_at is not None


def test_a_domain_that_is_removed_while_it_is_looked_up_is_not_served(ours, house, host):
    domain = ours.add(host)
    ours.prove(domain)

    class Slow(dns.DnsResolver):
        """Somebody removes the domain while the name servers are asked."""

        def texts(self, name: str) -> tuple[str, ...]:
            ours.do(give_up, domain.id)
            return super().texts(name)

    slow = Slow((("127.0.0.1", ours.server.port),))
    Context().run(ours.checker(slow).check, domain.id)
    assert served(house, host) is None
    assert ours.do(lambda session: session.get(Domain, domain.id)) is None


def test_only_what_is_due_is_looked_up_and_the_due_index_knows_when(ours, server, host):
    domain = ours.live(host)
    server.asked.clear()
    Context().run(jobs.check_due, ours.house, ours.tenant)
    assert server.asked == []
    assert ours.do(claims.next_check_at) == domain.next_check_at
    assert domain.next_check_at - domain.checked_at == timedelta(days=1)


def test_what_nobody_proves_is_looked_for_less_and_less_and_then_no_more(ours, host, later):
    domain = ours.check(ours.add(host))
    assert domain.next_check_at - domain.checked_at == timedelta(minutes=5)
    later(timedelta(hours=2))
    domain = ours.check(domain)
    assert domain.next_check_at - domain.checked_at == timedelta(hours=1)
    later(timedelta(days=20))
    assert ours.check(domain).next_check_at is None


def test_a_host_whose_claim_was_lost_is_found_and_served_no_longer(ours, house, services, host):
    domain = ours.live(host)
    old = clock.now() - timedelta(days=3)
    with house.db.control_session() as session:
        session.execute(update(Host).where(Host.host == host).values(proved_at=old))
        assert (ours.tenant.id, host) in serving.list_unattended(session)
    Context().run(jobs.check_host, house, ours.tenant, host)
    assert served(house, host) == ours.tenant.id, "its claim stands"
    ours.do(lambda session: session.execute(delete(Domain).where(Domain.id == domain.id)))
    Context().run(jobs.check_host, house, ours.tenant, host)
    assert served(house, host) is None


def test_the_schedule_sends_a_check_for_what_nobody_attended_to(ours, house, host):
    ours.live(host)
    house.queues.connection.flushdb()
    with house.db.control_session() as session:
        session.execute(update(Host).where(Host.host == host).values(proved_at=clock.now() - timedelta(days=3)))
    Context().run(jobs.attend, house, None)
    assert house.queues.queue("bulk").count == 1
    house.queues.connection.flushdb()


def test_a_suspended_tenants_domain_stays_its_own(ours, theirs, house, services, host):
    mine = ours.live(host)
    provisioning.suspend(services.db, ours.tenant.id, actor="tests")
    other = theirs.add(host)
    ours.prove(mine, other)
    assert theirs.check(other).taken


def test_closing_a_tenant_gives_its_domains_back(theirs, house, services, host):
    tenant = open_own(services)
    Workspace(house, tenant, theirs.server).live(host)
    close_for_good(services, tenant)
    other = theirs.add(host)
    theirs.prove(other)
    assert theirs.check(other).verified_at is not None
