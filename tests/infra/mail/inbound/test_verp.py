"""Each mail of a workspace goes out under a bounce address that leads back to it, and to nothing else."""

from dataclasses import replace

from infra.ids import new_id
from infra.mail import verp
from tests.infra.mail.conftest import Desk
from tests.infra.mail.inbound.receiving import DOMAIN


def test_a_mail_goes_out_under_the_address_that_its_bounce_comes_back_to(services, own_tenant, post):
    desk = Desk(replace(services, settings=replace(services.settings, inbound_domain=DOMAIN)), own_tenant)
    address = f"{new_id().hex}@example.org"
    desk.ask(address)
    desk.send()
    local, _, domain = str(post.wait_for(address)["Return-Path"]).strip("<>").partition("@")
    assert domain == f"{own_tenant.slug}.{DOMAIN}"
    assert verp.mail_of(services.keys, own_tenant, local) == desk.row(address).id


def test_an_address_is_worth_nothing_when_a_letter_is_changed_or_at_another_workspace(services, acme, globex):
    settings = replace(services.settings, inbound_domain=DOMAIN)
    local = verp.return_path(settings, services.keys, acme, new_id()).partition("@")[0]
    assert verp.mail_of(services.keys, acme, local.upper()) is not None
    assert verp.mail_of(services.keys, globex, local) is None
    changed = local[:-1] + ("0" if local[-1] != "0" else "1")
    for other in (changed, local + "0", "bounce+", "bounce+" + "0" * 53, local.replace("bounce", "hello")):
        assert verp.mail_of(services.keys, acme, other) is None


def test_without_an_inbound_domain_and_for_the_platform_nothing_comes_back(services, acme):
    assert verp.return_path(services.settings, services.keys, acme, new_id()) == ""
    settings = replace(services.settings, inbound_domain=DOMAIN)
    assert verp.return_path(settings, services.keys, None, new_id()) == ""
