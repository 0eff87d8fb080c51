"""Chains that broke off are taken up, only what is due is looked up, and what is closed gives its domains back."""

from contextvars import Context
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from infra import clock, dns
from infra.errors import NotFound
from tenants import provisioning
from tenants.domains import checking, claims, jobs, serving
from tenants.models import Domain, Host
from tests.support.tenants import close_for_good, open_own
from tests.tenants.domains.story import Workspace, give_up, served


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
