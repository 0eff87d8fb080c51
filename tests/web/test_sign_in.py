"""Signing in and out, being kept out, and getting back in by mail."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from infra.clock import now
from infra.limits import Limit
from infra.mail.models import Outbox
from tenants import sessions, sign_in, throttle
from tenants.models import AuditEntry, StaffMember
from tenants.throttle import Caller
from tests.web.doors import reset_mail, session_cookie, set_session_cookie, sign_in_as
from tests.web.story import PASSWORD, Person, text_of
from web import create_app


def test_the_right_password_lets_in_whatever_the_spelling_of_the_address(visitor, acme, ada):
    who = visitor().at(acme)
    answer = sign_in_as(who, " ada@ACME.example ", PASSWORD)
    assert answer.location == "/console/"
    assert "First steps" in text_of(who.get("console.home.index"))


@pytest.mark.parametrize(
    ("email", "password"), [("ada@acme.example", "wrong words here"), ("no@acme.example", PASSWORD)]
)
def test_every_failure_reads_the_same(visitor, acme, ada, email, password):
    page = sign_in_as(visitor().at(acme), email, password, expect=422)
    assert "do not fit together" in text_of(page)
    assert password not in page.text


def test_a_sign_in_is_worth_nothing_at_another_tenant(visitor, acme, globex, ada):
    assert "do not fit" in text_of(sign_in_as(visitor().at(globex), "ada@acme.example", PASSWORD, expect=422))


def test_after_a_few_failures_the_next_attempt_waits_also_with_the_right_password(visitor, acme, ada):
    for _ in range(throttle.FREE):
        sign_in_as(visitor().at(acme), "ada@acme.example", "wrong words here", expect=422)
    page = sign_in_as(visitor().at(acme), "ada@acme.example", PASSWORD, expect=429)
    assert "Wait a few seconds" in text_of(page)
    assert page.headers["Retry-After"] == "1"
    with time_machine.travel(now() + timedelta(seconds=2)):
        sign_in_as(visitor().at(acme), "ada@acme.example", PASSWORD)


def test_an_unknown_account_is_slowed_down_in_the_same_words(visitor, acme, ada):
    def throttled(email):
        for _ in range(throttle.FREE):
            sign_in_as(visitor().at(acme), email, "wrong words here", expect=422)
        return text_of(sign_in_as(visitor().at(acme), email, "wrong words here", expect=429))

    assert throttled("ada@acme.example") == throttled("nobody@acme.example")


def test_attempts_of_others_at_other_accounts_do_not_lock_mine(visitor, acme, ada):
    for number in range(throttle.FREE + 1):
        sign_in_as(visitor().at(acme), f"somebody{number}@acme.example", "wrong words here", expect=422)
    sign_in_as(visitor().at(acme), "ada@acme.example", PASSWORD)


def attack(session, services, email="ada@acme.example"):
    """Somebody has failed at an account all day, from many addresses; the next stranger waits for long."""
    for number in range(20, 0, -1):
        with time_machine.travel(now() - timedelta(minutes=20 * number - 19)):
            sign_in.count_attempt(session, services.keys, email, Caller(f"2001:db8:{number:x}::1"))


def test_under_attack_the_owner_gets_in_from_a_device_that_signed_in_before(visitor, session, services, acme, ada):
    mine = visitor().at(acme)
    sign_in_as(mine, "ada@acme.example", PASSWORD)
    mine.submit(mine.get("console.home.index"), "/sign-out")
    attack(session, services)
    sign_in_as(visitor().at(acme), "ada@acme.example", PASSWORD, expect=429)
    sign_in_as(mine, "ada@acme.example", "a slip of the finger", expect=422)
    assert sign_in_as(mine, "ada@acme.example", PASSWORD).location == "/console/"


def test_under_attack_the_owner_gets_in_by_mail_from_a_new_device(visitor, session, services, acme, ada):
    attack(session, services)
    new = visitor().at(acme)
    sign_in_as(new, "ada@acme.example", PASSWORD, expect=429)
    new.submit(new.get("console.reset"), "/reset", email="ada@acme.example")
    message = reset_mail(session, services, acme)
    path = "/" + next(word for word in message.text.split() if "/console/reset/" in word).split("/", 3)[3]
    new.submit(new.get(path), "/reset/", password="a brand new sentence")
    sign_in_as(new, "ada@acme.example", "a brand new sentence")


def test_the_cookie_of_a_device_lets_nobody_in(visitor, acme, ada):
    mine, theirs = visitor().at(acme), visitor().at(acme)
    sign_in_as(mine, "ada@acme.example", PASSWORD)
    cookie = mine.client.get_cookie("rapport-device", domain=mine.host.partition(":")[0])
    assert cookie.http_only
    theirs.client.set_cookie("rapport-device", cookie.value, domain=mine.host.partition(":")[0])
    theirs.get("console.home.index", expect=303)
    sign_in_as(theirs, "ada@acme.example", "wrong words here", expect=422)


def test_signing_in_again_ends_the_session_that_this_browser_had(visitor, session, acme, ada):
    who = visitor().at(acme)
    sign_in_as(who, "ada@acme.example", PASSWORD)
    before = session_cookie(who)
    form = who.get("console.security.index")
    code = sign_in.make_code(session, who.app.services.settings, session.get(StaffMember, ada.id))
    assert form.status_code == 200
    who.get("console.enter", code, expect=303)
    assert len(sessions.list_living(session, ada)) == 1
    set_session_cookie(who, before)
    who.get("console.home.index", expect=303)


def test_a_cookie_that_is_used_daily_never_dies_and_one_that_is_not_does(visitor, acme, ada):
    daily, rare = visitor().at(acme), visitor().at(acme)
    for who in (daily, rare):
        sign_in_as(who, "ada@acme.example", PASSWORD)
    first = session_cookie(daily)
    for day in range(1, 20):
        with time_machine.travel(now() + timedelta(days=day)):
            daily.get("console.home.index")
    assert session_cookie(daily) != first
    with time_machine.travel(now() + timedelta(days=20)):
        daily.get("console.home.index")
        rare.get("console.home.index", expect=303)


def test_a_cookie_of_today_is_not_sent_again(visitor, acme, ada):
    who = visitor().at(acme)
    sign_in_as(who, "ada@acme.example", PASSWORD)
    who.get("console.home.index")  # brings the token of its forms
    assert "Set-Cookie" not in who.get("console.home.index").headers


def test_over_https_cookies_are_bound_to_the_host(services, joined, acme, ada):
    secure = replace(joined, settings=replace(joined.settings, base_url="https://rapport.test"))
    who = Person(create_app(secure)).at(acme)
    page = who.client.get("/console/sign-in", base_url=f"https://{who.host}")
    token = BeautifulSoup(page.text, "html.parser").find("input", attrs={"name": "csrf_token"})["value"]
    answer = who.client.post(
        "/console/sign-in",
        base_url=f"https://{who.host}",
        headers={"Referer": f"https://{who.host}/console/sign-in"},
        data={"csrf_token": token, "email": "ada@acme.example", "password": PASSWORD},
    )
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-rapport", "__Host-rapport-device"}
    for cookie in cookies:
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("wish", "goes_to"),
    [
        ("/console/settings/brand?x=1", "/console/settings/brand?x=1"),
        ("//evil.example/", "/console/"),
        ("https://evil.example/", "/console/"),
        ("/\\evil.example", "/console/"),
        ("javascript:alert(1)", "/console/"),
        ("//[", "/console/"),
        ("http://[", "/console/"),
        ("/console\r\nSet-Cookie: a=b", "/console/"),
    ],
)
def test_after_signing_in_one_goes_on_inside_this_host_only(visitor, acme, ada, wish, goes_to):
    assert sign_in_as(visitor().at(acme), "ada@acme.example", PASSWORD, next=wish).location == goes_to


def test_signing_out_ends_the_session_on_the_server_too(visitor, acme, ada):
    who = visitor().at(acme)
    sign_in_as(who, "ada@acme.example", PASSWORD)
    home = who.get("console.home.index")
    stolen = next(iter(who.client._cookies.values())).value
    who.submit(home, "/sign-out")
    who.get("console.home.index", expect=303)
    who.client.set_cookie("rapport", stolen, domain=who.host.partition(":")[0])
    who.get("console.home.index", expect=303)


def test_a_forgotten_password_is_replaced_by_mail_once(visitor, session, services, acme, ada):
    who = visitor().at(acme)
    answer = who.submit(who.get("console.reset"), "/reset", email="ADA@acme.example")
    assert "mail with a link is on the way" in text_of(who.get(answer.location))
    message = reset_mail(session, services, acme)
    assert message is not None
    assert message.to == "Ada@acme.example"
    path = "/" + next(word for word in message.text.split() if "/console/reset/" in word).split("/", 3)[3]
    form = who.get(path)
    assert "10 characters" in text_of(who.submit(form, "/reset/", expect=422, password="short"))
    who.submit(form, "/reset/", password="a brand new sentence")
    who.get(path, expect=404)
    sign_in_as(who, "ada@acme.example", "a brand new sentence")
    assert session.scalar(select(func.count()).where(AuditEntry.action == "staff.password_changed")) == 1


def test_an_unknown_address_leaves_the_same_row_and_no_mail(visitor, session, services, acme):
    who = visitor().at(acme)
    who.submit(who.get("console.reset"), "/reset", email="nobody@acme.example")
    assert reset_mail(session, services, acme) is None


def test_asking_again_and_again_mails_once(visitor, session, services, acme, ada):
    who = visitor().at(acme)
    for _ in range(3):
        who.submit(who.get("console.reset"), "/reset", email="ada@acme.example")
    assert session.scalar(select(func.count()).where(Outbox.purpose == sign_in.RESET_MAIL)) == 1


def test_resets_asked_for_from_one_place_are_counted(visitor, acme, monkeypatch):
    monkeypatch.setattr("web.console.sign_in.EACH", Limit(2, 60))
    who = visitor().at(acme)
    for number, expect in enumerate((303, 303, 429)):
        who.submit(who.get("console.reset"), "/reset", expect=expect, email=f"nobody{number}@acme.example")


def test_others_who_ask_for_resets_all_day_do_not_keep_a_known_device_from_it(visitor, acme, ada, monkeypatch):
    mine = visitor().at(acme)
    sign_in_as(mine, "ada@acme.example", PASSWORD)
    mine.submit(mine.get("console.home.index"), "/sign-out")
    monkeypatch.setattr("web.console.sign_in.EACH", Limit(0, 60))
    visitor_now = visitor().at(acme)
    visitor_now.submit(visitor_now.get("console.reset"), "/reset", expect=429, email="ada@acme.example")
    mine.submit(mine.get("console.reset"), "/reset", expect=429, email="eve@acme.example")
    mine.submit(mine.get("console.reset"), "/reset", email="ada@acme.example")


def test_a_mailbox_gets_three_resets_an_hour_and_whoever_asks_reads_the_same(visitor, session, services, acme, ada):
    services.queues.connection.flushdb()
    began = now().replace(minute=0, second=0)
    for minutes, mails in ((0, 1), (6, 2), (12, 3), (18, 3), (50, 3), (66, 4)):
        with time_machine.travel(began + timedelta(minutes=minutes), tick=False):
            who = visitor().at(acme)
            answer = who.submit(who.get("console.reset"), "/reset", email="ada@acme.example")
            assert "mail with a link is on the way" in text_of(who.get(answer.location))
        assert session.scalar(select(func.count()).where(Outbox.purpose == sign_in.RESET_MAIL)) == mails, minutes


def test_however_many_strangers_ask_an_owner_at_a_new_device_gets_a_reset(
    visitor, session, services, acme, ada, monkeypatch
):
    services.queues.connection.flushdb()
    monkeypatch.setattr("web.console.sign_in.CROWD", Limit(2, 3600))
    for number in range(6):
        ask_from(visitor().at(acme), f"nobody{number}@acme.example", f"192.0.2.{number}")
    rows = select(func.count()).where(Outbox.purpose == sign_in.RESET_MAIL)
    assert session.scalar(rows) == 3, "beyond, addresses that nobody has share a row"
    ask_from(visitor().at(acme), "ada@acme.example", "192.0.2.99")
    assert session.scalar(rows) == 4
    assert session.scalar(select(Outbox.key).where(Outbox.ref_id == ada.id))


def ask_from(who, email, address):
    data = {"csrf_token": token_in(who.get("console.reset")), "email": email}
    who.post("/console/reset", data=data, environ_base={"REMOTE_ADDR": address}, expect=303)


def token_in(page):
    return BeautifulSoup(page.text, "html.parser").find("input", attrs={"name": "csrf_token"})["value"]


def test_a_code_lets_in_once(visitor, session, services, acme, ada):
    code = sign_in.make_code(session, services.settings, session.get(StaffMember, ada.id))
    visitor().at(acme).get("console.enter", code, expect=303)
    visitor().at(acme).get("console.enter", code, expect=404)


def test_a_code_of_one_tenant_opens_nothing_at_another(visitor, session, services, acme, globex, ada):
    code = sign_in.make_code(session, services.settings, ada)
    visitor().at(globex).get("console.enter", code, expect=404)


@pytest.mark.parametrize("role", ["viewer", "analyst", "editor"])
def test_roles_reach_what_the_table_says(as_staff, acme, role):
    who = as_staff(role).at(acme)
    who.get("console.home.index")
    who.get("console.settings.brand", expect=200 if role == "editor" else 403)
    who.get("console.settings.api_keys", expect=403)
    who.post("console.settings.save_zone", data={"zone": "Europe/Vienna"}, expect=403)
