"""Operators at the door: the set-up link, two factors, one answer for every failure, and the end of sessions."""

from contextlib import nullcontext
from contextvars import Context
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from infra.clock import now
from tenants.errors import TooManyAttempts
from tenants.operators import accounts, sessions, sign_in
from tenants.operators.models import Operator, OperatorEntry
from tests.support.apps import app_over
from tests.web.operator_story import OperatorPerson, as_operator, asks_beside, code_of, made
from tests.web.story import PASSWORD, Person, text_of
from web import create_app
from web.surfaces import SURFACES


def in_control(services, work):
    """Runs `work(session)` in the control plane, beside whatever the test has open."""

    def run():
        with services.db.control_session() as session:
            return work(session)

    return Context().run(run)


@pytest.fixture
def app(joined, services):
    """The application, whose look at its components needs connections of its own."""
    return asks_beside(app_over(joined), services)


@pytest.fixture
def invited(joined):
    """An operator's address and the token of the set-up link."""
    email = "olga@rapport.example"
    return email, in_control(joined, lambda session: accounts.add(session, name="Olga", email=email)[1])


@pytest.fixture
def ready(joined):
    return in_control(joined, lambda session: made(session, "olga@rapport.example"))


def set_up(guest, token, services, **typed):
    operator = in_control(services, lambda session: accounts.check_set_up(session, token))
    fields = {"password": PASSWORD, "code": code_of(operator), **typed}
    return guest.submit(
        guest.get(f"/operator/set-up/{token}"), "/set-up/", expect=fields.pop("expect", 200), **fields
    )


def test_the_set_up_link_leads_to_recovery_codes_and_a_session_and_works_once(visitor, joined, invited):
    _, token = invited
    guest = visitor()
    page = set_up(guest, token, joined)
    codes = [line for line in text_of(page).split() if line.count("-") == 3]
    assert len(codes) == 10
    cookie = next(each for each in guest.client._cookies.values() if each.key == "rapport-operator")
    assert cookie.http_only
    assert "What needs you" in text_of(guest.get("operator.overview.index"))
    assert "used already" in text_of(visitor().get(f"/operator/set-up/{token}", expect=404))
    stored = in_control(joined, lambda session: session.scalars(select(Operator)).one())
    assert all(code not in stored.recovery_hashes for code in codes)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"password": "short"}, "10 characters"),
        ({"password": "password1234"}, "guess"),
        ({"code": "000000"}, "not the present one"),
    ],
)
def test_a_poor_password_or_a_wrong_code_sets_nothing_up(visitor, joined, invited, typed, sentence):
    _, token = invited
    page = set_up(visitor(), token, joined, **typed, expect=422)
    assert sentence in text_of(page)
    assert in_control(joined, lambda session: session.scalars(select(Operator)).one()).ready_at is None


def test_an_old_link_sets_nothing_up(visitor, invited):
    with time_machine.travel(now() + accounts.SET_UP_LIVES + timedelta(seconds=1)):
        visitor().get(f"/operator/set-up/{invited[1]}", expect=404)


def enter_password(guest, email="olga@rapport.example", password=PASSWORD, expect=303):
    page = guest.get("/operator/sign-in?next=/operator/cells/")
    return guest.submit(page, "/operator/sign-in", email=email, password=password, expect=expect)


def test_password_and_code_lead_to_where_one_wanted(visitor, ready):
    guest = visitor()
    answer = enter_password(guest)
    assert "/operator/second-factor" in answer.location
    guest.get("operator.overview.index", expect=303)
    page = guest.get(answer.location)
    answer = guest.submit(page, "/second-factor", code=code_of(ready))
    assert answer.location == "/operator/cells/"
    assert "Cells" in text_of(guest.get(answer.location))


def test_a_code_and_a_recovery_code_let_in_once(visitor, joined, ready):
    [one, *_] = in_control(joined, lambda s: accounts._give_codes(s.get_one(Operator, ready.id)))
    for code, first, second in ((code_of(ready), 303, 422), (one.upper().replace("-", " "), 303, 422)):
        for expected in (first, second):
            guest = visitor()
            page = guest.get(enter_password(guest).location)
            guest.submit(page, "/second-factor", code=code, expect=expected)
    left = in_control(joined, lambda s: s.get_one(Operator, ready.id).recovery_hashes)
    assert len(left) == 9


@pytest.mark.parametrize("state", ["unknown", "wrong password", "invited", "disabled"])
def test_every_failure_reads_the_same(visitor, joined, ready, state):
    email, password = "olga@rapport.example", PASSWORD
    if state == "unknown":
        email = "nobody@rapport.example"
    elif state == "wrong password":
        password = "not the password"
    elif state == "disabled":
        in_control(joined, lambda session: accounts.disable(session, session.get_one(Operator, ready.id)))
    else:
        email = "new@rapport.example"
        in_control(joined, lambda session: accounts.add(session, name="New", email=email))
    page = enter_password(visitor(), email, password, expect=422)
    assert "do not fit together" in text_of(page)


def test_attempts_are_counted_and_a_stranger_does_not_lock_the_operator_out(visitor, joined, ready):
    for _ in range(sign_in.PER_PAIR):
        enter_password(visitor(), password="wrong and wrong", expect=422)
    refused = text_of(enter_password(visitor(), expect=429))
    assert "too many" in refused
    assert "ask for a new set-up link" in refused
    assert "by mail" not in refused

    def attempt(session, address):
        sign_in.count_attempt(session, joined.keys, "olga@rapport.example", address)

    in_control(
        joined, lambda session: sessions.start(session, ready, sign_in.veiled(joined.keys, "10.0.0.9"), whole=True)
    )
    for number in range(sign_in.PER_ACCOUNT):
        full = number >= sign_in.PER_ACCOUNT - sign_in.PER_PAIR
        with pytest.raises(TooManyAttempts) if full else nullcontext():
            in_control(joined, lambda session, n=number: attempt(session, f"203.0.113.{n}"))
    in_control(joined, lambda session: attempt(session, "10.0.0.9"))


def test_five_wrong_codes_end_the_half_session(visitor, joined, ready):
    guest = visitor()
    page = guest.get(enter_password(guest).location)
    for _ in range(sign_in.MOST_CODES):
        guest.submit(page, "/second-factor", code="000000", expect=422)
    answer = guest.submit(page, "/second-factor", code=code_of(ready))
    assert answer.location.startswith("/operator/sign-in")
    kinds = in_control(joined, lambda s: s.scalars(select(OperatorEntry.action)).all())
    assert kinds.count("operator.code_refused") == sign_in.MOST_CODES


def test_a_session_ends_after_an_hour_without_use_and_after_twelve_in_any_case(app, joined):
    someone = as_operator(app)
    someone.get("operator.overview.index")
    with time_machine.travel(now() + timedelta(minutes=61)):
        someone.get("operator.overview.index", expect=303)
    busy, begun = as_operator(app), now()
    for half_hours in range(1, 24):
        with time_machine.travel(begun + timedelta(minutes=30 * half_hours)):
            busy.get("operator.account.index")
    with time_machine.travel(begun + sessions.STAYS + timedelta(seconds=1)):
        busy.get("operator.account.index", expect=303)


def test_signing_out_ends_the_session_also_for_a_copy_of_the_cookie(app):
    someone = as_operator(app)
    token = next(each for each in someone.client._cookies.values() if each.key == "rapport-operator").value
    someone.post("operator.sign_out")
    someone.client.set_cookie("rapport-operator", token, domain=someone.host.partition(":")[0])
    someone.get("operator.overview.index", expect=303)


def test_disabling_and_resetting_on_the_command_line_end_sessions(app, joined):
    for verb in (accounts.disable, accounts.reset):
        someone = as_operator(app)
        someone.get("operator.overview.index")
        in_control(joined, lambda s, v=verb, o=someone: v(s, s.get_one(Operator, o.operator_id)))
        someone.get("operator.overview.index", expect=303)


def test_no_page_of_operators_opens_without_a_session_at_a_tenants_host_or_for_staff(app, visitor, as_staff, acme):
    owner, guest = as_staff("owner").at(acme), visitor()
    tried = 0
    for surface in SURFACES:
        if surface.who != "operator":
            continue
        for rule in app.url_map.iter_rules():
            if rule.endpoint.rpartition(".")[0] != surface.name:
                continue
            path = guest.address(rule.endpoint, *["00000000-0000-7000-8000-000000000000"] * len(rule.arguments))
            for method in rule.methods & {"GET", "POST"}:
                answer = guest.send(method, path, expect=303)
                assert answer.location.startswith("/operator/sign-in"), path
                owner.send(method, path, expect=404)
                tried += 1
    assert tried > 20


def test_a_form_of_operators_without_its_token_is_refused(app):
    someone = as_operator(app)
    someone.post("operator.migrations.run", expect=400, headers={"X-CSRFToken": "no"})


def test_an_operator_changes_the_password_and_makes_new_codes(app, joined):
    someone, other = as_operator(app), OperatorPerson(app)
    operator = in_control(joined, lambda s: s.get_one(Operator, someone.operator_id))
    token = in_control(joined, lambda s: sessions.start(s, operator, b"there", whole=True))
    other.client.set_cookie("rapport-operator", token, domain=other.host.partition(":")[0])
    other.get("operator.account.index")
    wrong = {"present": "not it", "password": "five tall green lamps"}
    assert "present password" in text_of(someone.post("operator.account.change_password", data=wrong, expect=422))
    someone.post("operator.account.change_password", data={**wrong, "present": PASSWORD})
    other.get("operator.account.index", expect=303)
    page = someone.post("operator.account.renew_codes", data={"code": code_of(operator)}, expect=200)
    assert len([word for word in text_of(page).split() if word.count("-") == 3]) == 10
    someone.post("operator.account.renew_codes", data={"code": code_of(operator)}, expect=422)


def test_https_binds_the_cookie_to_the_host(joined):
    secure = replace(joined, settings=replace(joined.settings, base_url="https://rapport.test"))
    guest = Person(create_app(secure))
    token = in_control(secure, lambda s: accounts.add(s, name="Olga", email="o@rapport.example")[1])
    operator = in_control(secure, lambda s: accounts.check_set_up(s, token))
    options = {"base_url": "https://rapport.test"}
    page = guest.client.get(f"/operator/set-up/{token}", **options)
    hidden = BeautifulSoup(page.text, "html.parser").find("input", attrs={"name": "csrf_token"})["value"]
    typed = {"csrf_token": hidden, "password": PASSWORD, "code": code_of(operator)}
    headers = {"Referer": f"https://rapport.test/operator/set-up/{token}"}
    answer = guest.client.post(f"/operator/set-up/{token}", data=typed, headers=headers, **options)
    assert answer.status_code == 200
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if "operator" in line)
    assert cookie.startswith("__Host-rapport-operator=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_nobody_changes_the_operators_record(joined, ready):
    about = select(OperatorEntry.action).where(OperatorEntry.subject_id == ready.id)
    assert in_control(joined, lambda s: s.scalars(about).all()) == ["operator.added"]
    for verb in ("UPDATE operator_audit SET action = 'x'", "DELETE FROM operator_audit", "TRUNCATE operator_audit"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            in_control(joined, lambda s, sql=verb: s.execute(text(sql)))
