"""Domains of a workspace's own: proof in a real DNS, and who is served when several claim one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from infra.errors import Invalid
from tenants.domains import claims, records
from tests.tenants.domains.story import TARGET, Workspace, generation, served


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
