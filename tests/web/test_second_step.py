"""The second step of signing in: what half a session opens (nothing), and what a code opens, once."""

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from infra.clock import now
from infra.mail.models import Outbox
from tenants import second_factor, sign_in, staff, throttle
from tenants.permissions import SYSTEM
from tests.support.second_factor import code_of, give, wrong_code
from tests.web.doors import reset_mail, session_cookie, set_session_cookie, sign_in_as
from tests.web.story import PASSWORD, text_of


@pytest.fixture
def secret(session, ada):
    return give(session, ada)[0]


def to_step_two(visitor, acme):
    who = visitor().at(acme)
    answer = sign_in_as(who, "ada@acme.example", PASSWORD, next="/console/settings/brand")
    assert answer.location.startswith("/console/sign-in/code")
    return who


def type_code(who, code, expect=303, kind=""):
    page = who.get(f"/console/sign-in/code?kind={kind}&next=/console/settings/brand")
    return who.submit(page, "/sign-in/code", expect=expect, code=code)


def test_after_the_password_a_code_is_asked_for_and_one_goes_on(visitor, acme, ada, secret):
    who = to_step_two(visitor, acme)
    assert type_code(who, code_of(secret)).location == "/console/settings/brand"
    who.get("console.settings.brand")


def test_the_field_is_one_that_phones_fill_in(visitor, acme, ada, secret):
    page = to_step_two(visitor, acme).get("console.second_step")
    field = BeautifulSoup(page.text, "html.parser").find("input", attrs={"name": "code"})
    assert field["autocomplete"] == "one-time-code"
    assert field["inputmode"] == "numeric"


def test_half_a_session_opens_nothing(visitor, acme, ada, secret):
    who = to_step_two(visitor, acme)
    for path in ("/console/", "/console/settings/brand", "/console/security/", "/console/security/second-factor/"):
        answer = who.get(path, expect=303)
        assert "/console/sign-in" in answer.location
    token = BeautifulSoup(who.get("console.second_step").text, "html.parser").find(
        "input", attrs={"name": "csrf_token"}
    )["value"]
    who.post("/console/security/sessions/end", data={"csrf_token": token})
    who.get("console.home.index", expect=303)


def test_signing_in_again_as_far_as_the_code_ends_the_session_from_before(visitor, acme, ada, secret):
    who = to_step_two(visitor, acme)
    type_code(who, code_of(secret))
    before = session_cookie(who)
    page = BeautifulSoup(who.get("console.settings.brand").text, "html.parser")
    token = page.find("input", attrs={"name": "csrf_token"})["value"]
    typed = {"csrf_token": token, "email": "ada@acme.example", "password": PASSWORD}
    answer = who.post("console.start_session", data=typed)
    assert answer.location.startswith("/console/sign-in/code")
    copied = visitor().at(acme)
    set_session_cookie(copied, before)
    assert "/console/sign-in" in copied.get("console.home.index", expect=303).location


def test_a_wrong_code_is_refused_and_the_next_try_is_free(visitor, acme, ada, secret):
    who = to_step_two(visitor, acme)
    assert "not valid now" in text_of(type_code(who, wrong_code(secret), expect=422))
    type_code(who, code_of(secret))


def test_a_code_that_let_in_once_lets_in_nobody_else(visitor, acme, ada, secret):
    mine, theirs = to_step_two(visitor, acme), to_step_two(visitor, acme)
    type_code(mine, code_of(secret))
    type_code(theirs, code_of(secret), expect=422)


def test_a_recovery_code_lets_in_once(visitor, session, acme, ada):
    _, codes = give(session, ada)
    type_code(to_step_two(visitor, acme), codes[0], kind="recovery")
    type_code(to_step_two(visitor, acme), codes[0], kind="recovery", expect=422)


def test_half_a_session_is_over_after_ten_minutes(visitor, acme, ada, secret):
    who = to_step_two(visitor, acme)
    page = who.get("console.second_step")
    with time_machine.travel(now() + timedelta(minutes=11)):
        answer = who.submit(page, "/sign-in/code", code=code_of(secret))
        assert "/console/sign-in" in answer.location
        assert "took too long" in text_of(who.get(answer.location))
        who.get("console.home.index", expect=303)


def test_half_a_session_dies_with_the_password(visitor, session, acme, ada, secret):
    who = to_step_two(visitor, acme)
    page = who.get("console.second_step")
    staff.set_password(session, ada, "a brand new sentence", by=SYSTEM)
    assert "/console/sign-in" in who.submit(page, "/sign-in/code", code=code_of(secret)).location
    who.get("console.home.index", expect=303)


def test_half_a_session_of_one_tenant_is_nothing_at_another(visitor, acme, globex, ada, secret):
    who = to_step_two(visitor, acme)
    stolen = session_cookie(who)
    other = visitor().at(globex)
    set_session_cookie(other, stolen)
    assert "/console/sign-in" in other.get("console.second_step", expect=303).location


def test_codes_are_slowed_down_per_account_and_the_owner_is_told(visitor, session, acme, ada, secret):
    for _ in range(throttle.FREE):
        type_code(to_step_two(visitor, acme), wrong_code(secret), expect=422)
    page = type_code(to_step_two(visitor, acme), code_of(secret), expect=429)
    assert "too many attempts" in text_of(page)
    with time_machine.travel(now() + timedelta(seconds=2)):
        type_code(to_step_two(visitor, acme), wrong_code(secret), expect=422)
    failing = select(func.count()).where(Outbox.purpose == second_factor.FAILING_MAIL)
    assert session.scalar(failing) == 1


def test_neither_a_code_of_one_use_nor_a_mailed_link_passes_the_second_step(visitor, session, services, acme, ada):
    secret, _ = give(session, ada)
    who = visitor().at(acme)
    answer = who.get("console.enter", sign_in.make_code(session, services.settings, ada), expect=303)
    assert answer.location.startswith("/console/sign-in/code")
    who.get("console.home.index", expect=303)
    who.submit(who.get("console.reset"), "/reset", email="ada@acme.example")
    message = reset_mail(session, services, acme)
    path = "/" + next(word for word in message.text.split() if "/console/reset/" in word).split("/", 3)[3]
    who.submit(who.get(path), "/reset/", password="a brand new sentence")
    answer = sign_in_as(who, "ada@acme.example", "a brand new sentence")
    assert answer.location.startswith("/console/sign-in/code")
    type_code(who, code_of(secret))


def test_a_reset_second_factor_sends_whoever_is_halfway_back_to_the_start(visitor, session, acme, ada, secret):
    who = to_step_two(visitor, acme)
    page = who.get("console.second_step")
    second_factor.reset(session, ada, by=SYSTEM)
    assert "/console/sign-in" in who.submit(page, "/sign-in/code", code=code_of(secret)).location
