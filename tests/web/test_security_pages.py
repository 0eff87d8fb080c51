"""Pages about one's own sign-in: second factor, sessions, the password again; and what a workspace asks of all."""

import re
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup

from infra.ids import new_id
from tenants import second_factor, sessions
from tenants.permissions import Actor
from tests.support.second_factor import code_of, give, wrong_code
from tests.web.doors import session_cookie, set_session_cookie, sign_in_as
from tests.web.story import PASSWORD, add_member, text_of

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/19.0 Mobile/15E148 Safari/604.1"
)


def shown_secret(page):
    return re.sub(r"\s", "", BeautifulSoup(page.text, "html.parser").find(id="secret").text)


def shown_codes(page):
    return [item.text for item in BeautifulSoup(page.text, "html.parser").select("ol.codes li")]


def set_up(who):
    """Through the pages: offer, read the secret, type the first code. Answers the secret and the page of codes."""
    who.submit(who.get("console.second_factor.show"), "/second-factor/app")
    page = who.get("console.second_factor.app")
    secret = shown_secret(page)
    return secret, who.submit(page, "/app/confirmation", expect=200, code=code_of(secret, steps=-1))


# --- the second factor


def test_a_second_factor_is_set_up_with_a_picture_or_a_text_and_shows_its_codes_once(visitor, acme, ada):
    who = visitor().at(acme)
    sign_in_as(who, "ada@acme.example", PASSWORD)
    before = session_cookie(who)
    who.submit(who.get("console.second_factor.show"), "/second-factor/app")
    page = who.get("console.second_factor.app")
    picture = BeautifulSoup(page.text, "html.parser").find("img", src=re.compile("^data:image/svg"))
    assert picture["alt"]
    secret = shown_secret(page)
    assert f"secret={secret}" in unquote(page.text)
    assert "does not fit" in text_of(who.submit(page, "/confirmation", expect=422, code=wrong_code(secret)))
    codes = who.submit(page, "/confirmation", expect=200, code=code_of(secret))
    assert len(shown_codes(codes)) == 10
    saved = BeautifulSoup(codes.text, "html.parser").find("a", download=True)
    assert all(code in unquote(saved["href"]) for code in shown_codes(codes))
    assert codes.headers["Cache-Control"] == "no-store"
    assert "10 of 10 are unused" in text_of(who.get("console.second_factor.show"))
    assert session_cookie(who) != before
    set_session_cookie(who, before)
    who.get("console.home.index", expect=303)


def test_opening_the_page_of_an_app_that_was_not_offered_leads_back(as_staff, acme):
    answer = as_staff("editor").at(acme).get("console.second_factor.app", expect=302)
    assert answer.location == "/console/security/second-factor/"


def test_new_recovery_codes_are_made_on_demand(as_staff, acme):
    who = as_staff("viewer").at(acme)
    _, first = set_up(who)
    again = who.submit(who.get("console.second_factor.show"), "/recovery-codes", expect=200)
    assert not set(shown_codes(again)) & set(shown_codes(first))


def test_it_is_turned_off_with_password_and_code(as_staff, acme):
    who = as_staff("viewer").at(acme)
    secret, _ = set_up(who)
    page = who.get("console.second_factor.removal")
    wrong = who.submit(page, "/removal", expect=422, password="not the password", code=code_of(secret))
    assert "not your password" in text_of(wrong)
    who.submit(page, "/removal", expect=422, password=PASSWORD, code=wrong_code(secret))
    before = session_cookie(who)
    who.submit(page, "/removal", password=PASSWORD, code=code_of(secret))
    assert "Off" in text_of(who.get("console.security.index"))
    assert session_cookie(who) != before


def test_guessing_the_password_on_that_page_is_slowed_down(as_staff, acme):
    who = as_staff("viewer").at(acme)
    secret, _ = set_up(who)
    page = who.get("console.second_factor.removal")
    for _ in range(5):
        who.submit(page, "/removal", expect=422, password="not the password", code=code_of(secret))
    who.submit(page, "/removal", expect=429, password=PASSWORD, code=code_of(secret))


# --- what a workspace asks of everybody


@pytest.fixture
def required(session, ada):
    give(session, ada)
    second_factor.set_required(session, True, by=Actor("staff", ada.id))
    session.flush()


def test_who_has_none_lands_on_the_page_that_sets_it_up_and_reaches_nothing_else(as_staff, acme, required, app):
    who = as_staff("editor").at(acme)
    for endpoint in (
        "console.home.index",
        "console.surveys.index",
        "console.security.index",
        "console.profile.index",
    ):
        assert who.get(endpoint, expect=303).location == "/console/security/second-factor/"
    who.post("console.surveys.create", expect=303)
    part = who.get("console.home.index", expect=401, headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == "/console/security/second-factor/"
    page = who.get("console.second_factor.show")
    assert "asks everybody for a second factor" in text_of(page)
    assert who.get("console.home.index", expect=403, headers={"Accept": "application/json"}).json["code"] == (
        "second_factor_missing"
    )
    set_up(who)
    who.get("console.home.index")


def test_every_page_of_staff_but_the_set_up_is_shut(as_staff, acme, required, app):
    from web.surfaces import policy

    who = as_staff("admin").at(acme)
    for rule in app.url_map.iter_rules():
        surface = policy()[rule.endpoint].surface
        if surface.who != "staff" or surface.enrolment or "GET" not in (rule.methods or ()):
            continue
        answer = who.get(rule.endpoint, *(new_id() for _ in rule.arguments), expect=303)
        assert answer.location == "/console/security/second-factor/", rule.endpoint


def test_signing_out_works_for_who_has_none_yet(as_staff, acme, required):
    who = as_staff("editor").at(acme)
    who.submit(who.get("console.second_factor.show"), "/sign-out")
    assert "/sign-in" in who.get("console.second_factor.show", expect=303).location


def test_the_rule_is_set_by_an_admin_who_has_one(as_staff, session, acme):
    add_member(session, "viewer")
    who = as_staff("admin").at(acme)
    page = who.get("console.settings.security")
    refused = who.submit(page, "/settings/security", expect=409, required="yes")
    assert "Set up your own second factor first" in text_of(refused)
    set_up(who)
    who.submit(page, "/settings/security", required="yes")
    page = who.get("console.settings.security")
    assert "From now on everybody needs a second factor" in text_of(page)
    assert BeautifulSoup(page.text, "html.parser").find("input", attrs={"name": "required"}).has_attr("checked")
    assert "have no second factor" in text_of(page)
    who.submit(page, "/settings/security")
    assert "own choice again" in text_of(who.get("console.settings.security"))


@pytest.mark.parametrize("role", ["editor", "analyst", "viewer"])
def test_the_rule_is_for_admins(as_staff, acme, role):
    who = as_staff(role).at(acme)
    who.get("console.settings.security", expect=403)
    who.post("console.settings.save_security", data={"required": "yes"}, expect=403)


def test_an_admin_resets_a_colleagues_second_factor(as_staff, session, acme):
    eve = add_member(session, "editor", email="eve@acme.example")
    give(session, eve)
    who = as_staff("admin").at(acme)
    page = who.get("console.settings.second_factor_removal", eve)
    assert "signed out everywhere" in text_of(page)
    who.submit(page, "/second-factor/removal")
    assert second_factor.find(session, eve) is None
    assert "is reset" in text_of(who.get("console.settings.security"))


def test_nobody_resets_the_owners_or_somebodys_of_another_tenant(as_staff, joined, session, acme, globex, ada):
    give(session, ada)
    who = as_staff("admin").at(acme)
    who.post("console.settings.reset_second_factor", ada, expect=403)
    who.post("console.settings.reset_second_factor", _Id(who.member_id), expect=403)
    stranger = as_staff("editor").at(globex)
    who.get("console.settings.second_factor_removal", _Id(stranger.member_id), expect=404)
    who.post("console.settings.reset_second_factor", _Id(stranger.member_id), expect=404)


class _Id:
    def __init__(self, value):
        self.id = value


# --- where one is signed in


def test_sessions_are_listed_in_plain_words_and_ended_one_by_one(visitor, session, acme, ada):
    desk, phone = visitor().at(acme), visitor().at(acme)
    desk.headers["User-Agent"], phone.headers["User-Agent"] = FIREFOX, IPHONE
    for who in (desk, phone):
        sign_in_as(who, "ada@acme.example", PASSWORD)
    page = desk.get("console.security.index")
    said = text_of(page)
    assert "Firefox on Windows This browser" in said
    assert "Safari on iPhone" in said
    desk.submit(page, f"{_other(session, ada, 'firefox/windows').id}/end")
    phone.get("console.home.index", expect=303)
    assert "You are signed in nowhere else." in text_of(desk.get("console.security.index"))


def test_all_others_are_ended_and_this_one_gets_a_new_token(visitor, session, acme, ada):
    mine, *others = (visitor().at(acme) for _ in range(3))
    for who in (mine, *others):
        sign_in_as(who, "ada@acme.example", PASSWORD)
    before = session_cookie(mine)
    mine.submit(mine.get("console.security.index"), "/sessions/end")
    for who in others:
        who.get("console.home.index", expect=303)
    mine.get("console.home.index")
    set_session_cookie(mine, before)
    mine.get("console.home.index", expect=303)


def test_nobody_ends_a_session_of_a_colleague(as_staff, session, acme, ada):
    token = sessions.start(session, ada)
    _, living = sessions.find(session, token)
    as_staff("admin").at(acme).post("console.security.end_session", living, expect=404)
    assert sessions.find(session, token) is not None


def test_nothing_but_kind_and_times_is_kept_of_a_browser(visitor, session, acme, ada):
    who = visitor().at(acme)
    who.headers["User-Agent"] = FIREFOX
    sign_in_as(who, "ada@acme.example", PASSWORD)
    (living,) = sessions.list_living(session, ada)
    assert living.device == "firefox/windows"
    assert not {"address", "user_agent"} & {column.name for column in living.__table__.columns}


def _other(session, member, device):
    return next(living for living in sessions.list_living(session, member) if living.device != device)
