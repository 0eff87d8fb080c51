"""Signing in with a provider: who is known, who is linked, and who is asked to prove their mailbox."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from customers import merging, people
from customers.portal import openid_identities
from infra.clock import now
from infra.events import RecordedEvent
from infra.events.models import Event
from infra.ids import new_id
from tenants.permissions import SYSTEM
from tests.support.openid import mock_provider
from tests.web.portal.openid_story import identities, linked, sessions_of, sets_out, trusted
from tests.web.portal.story import asks, comes_in, types
from tests.web.story import text_of

SIGNED_IN = "/portal"


@pytest.fixture
def provider(example, town):
    """The same, trusted by the tenant."""
    return trusted(town, example.issuer)


def test_a_known_account_signs_its_person_in_whatever_address_it_has(browser, town, example, provider):
    eva = town.customer()
    linked(town, provider, example, eva)
    here = browser()
    url = sets_out(here, provider)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["scope"] == "openid email"
    came = here.get(example.approves(url, email="somebody-else@example.org"), expect=303)
    assert came.location.endswith(SIGNED_IN)
    assert "Hello Eva" in text_of(here.get("portal.index"))
    (living,) = sessions_of(town)
    assert (living.person_id, living.how) == (eva.id, "openid")
    row = identities(town)[0]
    assert row.used_at is not None
    assert b"248289761001" not in row.__dict__["subject_index"]


def test_a_verified_address_alone_lets_nobody_in_and_the_page_is_the_same_for_all(browser, town, example, provider):
    town.customer()
    pages = []
    for email in ("eva@example.org", "nobody@example.org"):
        here = browser()
        came = here.get(example.approves(sets_out(here, provider), email=email), expect=303)
        assert came.location.endswith("/portal/sign-in/account")
        pages.append(text_of(here.get("portal.openid.unknown")))
        here.get("portal.index", expect=303)
    assert pages[0] == pages[1]
    assert not sessions_of(town)
    assert not identities(town)
    assert people.count_all(town.session) == 1


def test_a_code_to_the_mailbox_links_the_account_and_next_time_it_is_enough(browser, town, example, provider):
    eva = town.customer()
    here = browser()
    here.get(example.approves(sets_out(here, provider)), expect=303)
    shown = here.get("portal.openid.unknown")
    assert 'value="eva@example.org"' in shown.text
    here.submit(shown, "/portal/sign-in", email="eva@example.org")
    (mail,) = town.mails()
    types(here, mail.code)
    assert "Next time you can sign in with Example ID." in text_of(here.get("portal.index"))
    (row,) = identities(town)
    assert (row.person_id, row.how, row.email) == (eva.id, "mailbox", "eva@example.org")
    elsewhere = browser()
    came = elsewhere.get(example.approves(sets_out(elsewhere, provider)), expect=303)
    assert came.location.endswith(SIGNED_IN)


def test_proof_of_another_mailbox_links_nothing(browser, town, example, provider):
    town.customer()
    town.customer("ben@example.org", "Ben Gray")
    here = browser()
    here.get(example.approves(sets_out(here, provider)), expect=303)
    asks(here, "ben@example.org")
    (mail,) = town.mails()
    types(here, mail.code)
    assert "Hello Ben" in text_of(here.get("portal.index"))
    assert not identities(town)


@pytest.mark.parametrize("more", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "yes"}])
def test_an_unverified_address_links_nothing_even_after_its_proof(browser, town, example, provider, more):
    town.customer()
    here = browser()
    example.claims = more
    here.get(example.approves(sets_out(here, provider)), expect=303)
    assert 'value="eva@example.org"' not in here.get("portal.openid.unknown").text
    asks(here, "eva@example.org")
    (mail,) = town.mails()
    types(here, mail.code)
    assert not identities(town)


def test_google_speaks_for_its_own_mailboxes_and_those_it_runs_and_for_no_others(browser, town, example):
    google = trusted(town, example.issuer, kind="google", name="Google")
    town.customer("eva@gmail.com")
    town.customer("ben@acme.example", "Ben Gray")
    town.customer("cleo@elsewhere.example", "Cleo Stone")
    for subject, email, more, comes_in_at_once in (
        ("1", "eva@gmail.com", {}, True),
        ("2", "ben@acme.example", {"hd": "acme.example"}, True),
        ("3", "cleo@elsewhere.example", {}, False),
        ("4", "eva@gmail.com", {"email_verified": False}, False),
    ):
        here = browser()
        came = here.get(example.approves(sets_out(here, google), subject, email, **more), expect=303)
        assert came.location.endswith("/portal" if comes_in_at_once else "/account"), email
    assert {row.how for row in identities(town)} == {"provider"}


def test_a_shared_mailbox_is_linked_to_nobody_by_its_address(browser, town, example):
    google = trusted(town, example.issuer, kind="google", name="Google")
    town.customer("family@gmail.com")
    town.customer("family@gmail.com", "Tom Brown")
    here = browser()
    came = here.get(example.approves(sets_out(here, google), email="family@gmail.com"), expect=303)
    assert came.location.endswith("/account")
    assert not identities(town)


def test_the_address_is_asked_for_where_the_token_does_not_tell_it(browser, town, example, provider):
    town.customer()
    example.in_token = False
    here = browser()
    here.get(example.approves(sets_out(here, provider)), expect=303)
    assert 'value="eva@example.org"' in here.get("portal.openid.unknown").text
    example.userinfo = {"sub": "somebody else"}
    here = browser()
    here.get(example.approves(sets_out(here, provider)), expect=303)
    assert 'value="eva@example.org"' not in here.get("portal.openid.unknown").text


def test_who_was_merged_comes_in_as_who_they_are_and_who_was_erased_not_at_all(browser, town, example, provider):
    eva, twin = town.customer(), town.customer("eva@work.example")
    linked(town, provider, example, twin)
    merging.merge(town.session, eva.id, twin.id, by=SYSTEM)
    town.session.flush()
    here = browser()
    here.get(example.approves(sets_out(here, provider)), expect=303)
    assert sessions_of(town)[0].person_id == eva.id
    assert "Example ID" in text_of(here.get("portal.places"))
    event = RecordedEvent(new_id(), "customers.person_erased", eva.id, {}, now())
    openid_identities.on_person_erased(town.session, [event])
    assert not identities(town)


def test_somebody_who_is_signed_in_connects_another_account_and_removes_it(browser, town, example, provider):
    eva = town.customer()
    here = comes_in(browser(), town, eva)
    url = sets_out(here, provider, "portal.places")
    here.get(example.approves(url, email=None), expect=303)
    shown = here.get("portal.places")
    assert "From now on you can sign in with Example ID too." in text_of(shown)
    (row,) = identities(town)
    assert (row.person_id, row.how) == (eva.id, "session")
    ben = comes_in(browser(), town, town.customer("ben@example.org", "Ben Gray"))
    ben.get(example.approves(sets_out(ben, provider, "portal.places"), email=None), expect=303)
    assert "connected with another customer" in text_of(ben.get("portal.places"))
    ben_page = ben.get("portal.places")
    token = ben_page.text.split('name="csrf_token" value="')[1].split('"')[0]
    ben.post("portal.accounts.disconnect", row.id, expect=404, data={"csrf_token": token})
    here.submit(shown, f"/portal/accounts/{row.id}/removal")
    assert not identities(town)


def test_a_real_provider_signs_somebody_in_and_takes_a_no(browser, town):
    with mock_provider() as real:
        provider = trusted(town, real.issuer)
        eva = town.customer()
        real.knows("eva-at-real", email="eva@example.org", email_verified=True)
        here = browser()
        assert "You did not go through" in text_of(here.get(real.denies(sets_out(here, provider))))
        here.get(real.approves(sets_out(here, provider), "eva-at-real"), expect=303)
        here.submit(here.get("portal.openid.unknown"), "/portal/sign-in", email="eva@example.org")
        (mail,) = town.mails()
        types(here, mail.code)
        elsewhere = browser()
        came = elsewhere.get(real.approves(sets_out(elsewhere, provider), "eva-at-real"), expect=303)
        assert came.location.endswith(SIGNED_IN)
        assert {each.person_id for each in sessions_of(town)} == {eva.id}


def test_the_person_is_told_by_mail_that_an_account_was_connected(browser, town, example, provider):
    eva = town.customer()
    made = linked(town, provider, example, eva)
    later, contact = town.contacts(made.id)
    assert later.due_at - contact.due_at > timedelta(hours=23)
    mail = town.mail(contact)
    assert (mail.to, mail.subject) == (
        "eva@example.org",
        "An account was connected with you at Acme",
    )
    assert "an account at Example ID signs somebody in as you" in mail.text
    linked(town, provider, example, eva)
    assert len(town.contacts(made.id)) == 2
    openid_identities.remove(town.session, eva.id, made.id)
    told = town.session.scalars(select(Event).where(Event.kind.startswith("customers.account_"))).all()
    heard = sorted(each.kind.rpartition("_")[2] for each in told if each.subject_id == eva.id)
    assert heard == ["linked", "unlinked"]
    assert town.mail(contact) is None
