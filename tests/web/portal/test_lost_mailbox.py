"""Whoever came in by a mailbox is out when the mailbox turns out to be somebody else's."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from customers import mailboxes, merging, people
from customers.models import PortalSession
from customers.portal import proofs, sessions
from tenants.models import AuditEntry
from tenants.permissions import SYSTEM, Actor
from tests.customers.contact_story import somebody
from tests.customers.import_story import Story
from tests.web.portal.openid_story import identities, linked, trusted
from tests.web.portal.story import asks, comes_in, types


def noted(town):
    town.session.expire_all()
    return list(town.session.scalars(select(AuditEntry.data).where(AuditEntry.action == "portal.access_ended")))


def signed_in(browser, town, email):
    guest = browser()
    asks(guest, email)
    (mail,) = town.mails()
    types(guest, mail.code)
    guest.get("portal.data")
    return guest


def test_who_came_in_by_a_mistyped_address_is_out_when_staff_correct_it(browser, town, example):
    eva = town.customer("eve@example.org")
    stranger = signed_in(browser, town, "eve@example.org")
    linked(town, trusted(town, example.issuer), example, eva)
    people.change(town.session, eva, by=SYSTEM, email="EVE@example.org", name="Eva B. Brown")
    stranger.get("portal.data")
    assert noted(town) == []
    people.change(town.session, eva, by=SYSTEM, email="eva@example.org")
    stranger.get("portal.data", expect=303)
    assert identities(town) == []
    assert [(each["sessions"], each["accounts"]) for each in noted(town)] == [(1, 1)]
    asks(browser(), "eve@example.org")
    assert town.mails() == []


def test_a_mistyped_address_is_no_door_by_who_was_merged_either_and_taking_it_apart_gives_it_back(browser, town):
    eva, twin = town.customer("eve@example.org"), town.customer("Eve@Example.org", "Evi Brown")
    made = merging.merge(town.session, eva.id, twin.id, by=SYSTEM)
    people.change(town.session, eva, by=SYSTEM, email="eva@example.org")
    asks(browser(), "eve@example.org")
    assert town.mails() == []
    assert people.find_by_email(town.session, "eve@example.org") == []
    merging.unmerge(town.session, made.id, by=SYSTEM)
    assert people.find_by_email(town.session, "eve@example.org") == [twin]
    assert people.find_by_email(town.session, "eva@example.org") == [eva]


def test_who_came_in_as_somebody_else_by_a_wrong_merge_is_out_when_it_is_taken_back(browser, town, example):
    eva, adam = town.customer(), town.customer("adam@example.org", "Adam Green")
    before = signed_in(browser, town, "eva@example.org")
    made = merging.merge(town.session, eva.id, adam.id, by=SYSTEM)
    wrong = signed_in(browser, town, "adam@example.org")
    linked(town, trusted(town, example.issuer), example, eva)
    merging.unmerge(town.session, made.id, by=SYSTEM)
    wrong.get("portal.data", expect=303)
    before.get("portal.data")
    assert identities(town) == []


def test_a_merge_that_takes_the_other_address_signs_out_who_was_in_by_the_first(browser, town):
    eva, twin = town.customer("eve@example.org"), town.customer("eva@example.org")
    stranger = comes_in(browser(), town, eva)
    merging.merge(town.session, eva.id, twin.id, by=SYSTEM, choices={"email": "merged"})
    stranger.get("portal.data", expect=303)


def test_a_first_address_ends_nothing_and_ones_own_change_ends_nobody_elses_doing(town):
    eva = town.customer(None, phone="+49301234567")
    sessions.start(town.session, eva, how="openid", agent="/")
    people.change(town.session, eva, by=SYSTEM, email="eva@example.org")
    people.change(town.session, eva, by=Actor("person", eva.id), email="eva@new.example")
    assert len(sessions.list_living(town.session, eva)) == 1
    assert not mailboxes.is_another("a@x.org", "A@X.org")
    people.change(town.session, eva, by=SYSTEM, email="")
    assert not sessions.list_living(town.session, eva)


@pytest.mark.processes
def test_who_comes_in_while_staff_correct_the_address_is_out_all_the_same(services, own_tenant):
    with services.db.tenant_session(own_tenant) as session:
        who = somebody(session, f"{own_tenant.id.hex}@example.org").id
        proof = proofs.ask(session, proofs.index_of(f"{own_tenant.id.hex}@example.org"))
        token, _ = proofs.equip(session, proof)
        proof_id = proofs.spend_link(session, token).id

    def correct():
        with services.db.tenant_session(own_tenant) as mine:
            mine.execute(text("SET LOCAL lock_timeout = '20s'"))
            people.change(mine, people.get(mine, who), by=SYSTEM, email="right@example.org")

    with ThreadPoolExecutor(1) as pool:
        with services.db.tenant_session(own_tenant) as session:
            sessions.start(session, proofs.choose(session, proof_id), how="link", agent="/")
            correcting = pool.submit(correct)
        correcting.result()
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalars(select(PortalSession.ended_at)).one() is not None


def test_an_address_that_a_file_gives_or_its_undoing_takes_back_signs_out_who_was_in(services, own_tenant):
    story = Story(services, own_tenant)
    with story.session() as session:
        eva = people.add(session, by=SYSTEM, name="Eva", email="eve@example.org", external_id="K-1")
        adam = people.add(session, by=SYSTEM, name="Adam", email="adam@example.org", external_id="K-2")
        twin = people.add(session, by=SYSTEM, name="Evi", email="eve@example.org")
        merging.merge(session, eva.id, twin.id, by=SYSTEM)
        for each in (eva, adam):
            sessions.start(session, each, how="link", agent="/")
    done = story.run("Id,Name,Email\nK-1,Eva,eva@example.org\nK-2,Adam B.,Adam@example.org\n")
    with story.session() as session:
        assert not sessions.list_living(session, people.get(session, eva.id))
        assert len(sessions.list_living(session, people.get(session, adam.id))) == 1
        assert people.find_by_email(session, "eve@example.org") == []
        sessions.start(session, people.get(session, eva.id), how="link", agent="/")
    story.undo(done)
    with story.session() as session:
        assert not sessions.list_living(session, people.get(session, eva.id))
        assert [each.id for each in people.find_by_email(session, "eve@example.org")] == [eva.id]
