"""The domain that a workspace wants to be known by, while it leads here."""

import pytest

from tenants.domains import claims
from tests.tenants.domains.story import main_host, make_main


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
