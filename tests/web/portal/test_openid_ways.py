"""The way to a provider and back: once, in time, in one browser, to the provider that was asked."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from sqlalchemy import select

from customers.models import OpenIdFlow
from customers.portal import openid_providers as providers
from infra.clock import now
from infra.ids import new_id
from infra.limits import Limit
from tenants.permissions import SYSTEM
from tests.support.openid import own_provider
from tests.web.portal.openid_story import address_in, linked, sessions_of, sets_out, trusted
from tests.web.story import text_of
from web.portal import openid


@pytest.fixture
def provider(example, town):
    """The same, trusted by the tenant."""
    return trusted(town, example.issuer)


def test_a_way_is_gone_once_within_ten_minutes_in_the_browser_that_began_it(browser, town, example, provider):
    linked(town, provider, example, town.customer())
    here, stranger = browser(), browser()
    back = example.approves(sets_out(here, provider))
    stranger.get("portal.door.sign_in")
    assert "This sign-in is over" in text_of(stranger.get(back, expect=410))
    here.get(back, expect=303)
    assert "This sign-in is over" in text_of(here.get(back, expect=410))
    assert len(sessions_of(town)) == 1
    late = browser()
    back = example.approves(sets_out(late, provider))
    with time_machine.travel(now() + timedelta(minutes=11), tick=True):
        late.get(back, expect=410)
    for odd in (
        "",
        "?state=",
        "?state=%00&code=x",
        f"?state={'x' * 5000}",
        "?state=%ED%A0%80",
        "?state=x&error=access_denied",
    ):
        late.get(f"/portal/sign-in/{provider.id}/callback{odd}", expect=410)
    assert len(sessions_of(town)) == 1


def test_a_state_is_worthless_at_another_provider_and_in_another_workspace(
    browser, visitor, town, example, provider, globex
):
    linked(town, provider, example, town.customer())
    with own_provider() as second:
        other = trusted(town, second.issuer, name="Second")
        here = browser()
        back = example.approves(sets_out(here, provider))
        here.get(back.replace(str(provider.id), str(other.id)), expect=410)
        here.get(back, expect=303)
    back = example.approves(sets_out(browser(), provider))
    visitor().at(globex).get(back, expect=404)


def test_what_the_provider_names_itself_must_be_the_one_we_asked(browser, town, example, provider):
    linked(town, provider, example, town.customer())
    here = browser()
    back = example.approves(sets_out(here, provider))
    assert "could not be used" in text_of(here.get(f"{back}&iss=https://evil.example", expect=400))
    here.get(f"{example.approves(sets_out(here, provider))}&iss={example.issuer}", expect=303)


def test_a_provider_that_is_turned_off_or_closed_pages_end_a_way_that_was_begun(browser, town, example, provider):
    linked(town, provider, example, town.customer())
    here = browser()
    back = example.approves(sets_out(here, provider))
    providers.turn_off(town.session, provider, by=SYSTEM)
    town.session.flush()
    assert "switched off" in text_of(here.get(back, expect=410))
    assert "Continue with" not in text_of(here.get("portal.door.sign_in"))
    providers.turn_on(town.session, provider, by=SYSTEM)
    town.session.flush()
    back = example.approves(sets_out(here, provider))

    def turn_off() -> None:
        providers.turn_off(town.session, provider, by=SYSTEM)
        town.session.flush()

    example.meanwhile = turn_off
    here.get(back, expect=410)
    assert not sessions_of(town)


def test_no_is_a_kind_page_and_what_providers_say_else_is_no_fault_of_ours(browser, town, example, provider):
    here = browser()
    for error, status, words in (
        ("access_denied", 200, "You did not go through with it at Example ID"),
        ("temporarily_unavailable", 503, "Example ID does not answer"),
        ("server_error", 503, "Example ID does not answer"),
        ("<script>", 400, "could not be used"),
    ):
        state = parse_qs(urlsplit(sets_out(here, provider)).query)["state"][0]
        came = here.get(
            f"/portal/sign-in/{provider.id}/callback", query_string={"error": error, "state": state}, expect=status
        )
        assert words in text_of(came)
        assert "<script>" not in came.text
    back = example.approves(sets_out(here, provider))
    example.broken = True
    assert "does not answer" in text_of(here.get(back, expect=503))


def test_a_secret_that_is_refused_is_shown_to_staff(browser, town, example, provider):
    providers.change(
        town.session, provider, name="Example ID", client_id="rapport-client", secret="expired", by=SYSTEM
    )
    town.session.flush()
    here = browser()
    here.get(example.approves(sets_out(here, provider)), expect=400)
    town.session.refresh(provider)
    assert provider.check["problems"] == ["credentials_refused"]


def test_the_verifier_is_the_browsers_own(browser, town, example, provider):
    linked(town, provider, example, town.customer())
    here, thief = browser(), browser()
    code = parse_qs(urlsplit(example.approves(sets_out(here, provider))).query)["code"][0]
    state = parse_qs(urlsplit(sets_out(thief, provider)).query)["state"][0]
    came = thief.get(
        f"/portal/sign-in/{provider.id}/callback", query_string={"code": code, "state": state}, expect=400
    )
    assert "could not be used" in text_of(came)
    assert not sessions_of(town)


def test_ways_begun_leave_nothing_that_helps_whoever_reads_them_and_old_ones_go(browser, town, example, provider):
    url = sets_out(browser(), provider)
    state = parse_qs(urlsplit(url).query)["state"][0]
    (row,) = town.session.scalars(select(OpenIdFlow)).all()
    assert state.encode() not in row.state_hash + row.browser_hash
    with time_machine.travel(now() + timedelta(minutes=21), tick=True):
        sets_out(browser(), provider)
    town.session.expire_all()
    assert len(town.session.scalars(select(OpenIdFlow)).all()) == 1


def test_the_form_that_sends_somebody_on_is_protected_and_goes_to_own_pages_afterwards(
    browser, town, example, provider
):
    linked(town, provider, example, town.customer())
    here = browser()
    here.send("POST", f"/portal/sign-in/{provider.id}", expect=400)
    page = here.get("/portal/sign-in?next=/portal/places")
    back = example.approves(address_in(here.submit(page, f"/{provider.id}", expect=200)))
    assert here.get(back, expect=303).location.endswith("/portal/places")
    page = here.get("portal.door.sign_in", expect=302)


def test_a_workspace_whose_ways_are_begun_very_often_still_sends_everybody_on(browser, provider, monkeypatch):
    monkeypatch.setattr(openid, "EVERYBODY", Limit(0, 3600))
    monkeypatch.setattr(openid, "PRESSED", Limit(1, 3600))
    one, other = (f"2001:db8:{new_id().hex[-8:-4]}:{new_id().hex[-4:]}::1" for _ in range(2))
    for address in (one, other):
        here = browser()
        here.client.environ_base["REMOTE_ADDR"] = address
        sets_out(here, provider)
        shown = here.get("portal.door.sign_in")
        assert "Many forms came" in text_of(here.submit(shown, f"/{provider.id}", expect=429))
