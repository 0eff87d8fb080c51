"""Guessing at passwords, codes and keys is read in the audit log: once an hour for each, not once for good."""

from contextlib import suppress
from contextvars import Context
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from infra.clock import now
from infra.limits import Limiter
from tenants import api_keys, audit, sign_in, throttle
from tenants.errors import TooManyAttempts
from tenants.models import AuditEntry
from tenants.permissions import SYSTEM
from tenants.throttle import Caller
from tests.web.api.story import Program
from tests.web.doors import reset_mail
from tests.web.story import add_member
from web.api import allowance

NOON = now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def ada(session, acme):
    return add_member(session, "editor", "ada@acme.example")


def noted(session, *actions):
    query = select(AuditEntry).where(AuditEntry.action.in_(actions)).order_by(AuditEntry.id)
    return session.scalars(query).all()


@pytest.mark.parametrize(
    ("email", "kind"),
    [("ada@acme.example", "staff.sign_ins_failed"), ("zoe@acme.example", "staff.sign_ins_of_nobody_failed")],
)
def test_who_guesses_for_hours_is_noted_in_each_of_them(session, services, ada, noon, email, kind):
    for _ in range(5 * 12):  # every five minutes where it may be
        with suppress(TooManyAttempts):
            sign_in.count_attempt(session, services.keys, email, Caller("192.0.2.1"))
        noon.shift(300)
    found = noted(session, "staff.sign_ins_failed", "staff.sign_ins_of_nobody_failed")
    assert {entry.action for entry in found} == {kind}
    assert {entry.subject_id for entry in found} == {ada.id if "ada" in email else None}
    assert [entry.at.hour for entry in found] == [(NOON + timedelta(hours=n)).hour for n in range(5)]
    counts = [entry.data["failed"] for entry in found]
    assert counts == sorted(counts)
    assert counts[0] == throttle.FREE
    assert "@" not in str([entry.data for entry in found])


def test_one_place_that_tries_many_addresses_is_noted_once_an_hour_without_saying_which(session, services, noon):
    def guess(number):
        sign_in.count_attempt(session, services.keys, f"n{number}@acme.example", Caller("192.0.2.77"))

    for number in range(throttle.FREE_BY_ADDRESS):
        guess(number)
    assert not noted(session, sign_in.FROM_ONE_PLACE)
    noon.shift(60)
    for number in range(5):
        guess(100 + number)
        noon.shift(120)
    (entry,) = noted(session, sign_in.FROM_ONE_PLACE)
    assert entry.data == {"failed": throttle.FREE_BY_ADDRESS}
    assert entry.subject_id is None


def test_guessing_at_the_password_of_an_open_session_is_noted(as_staff, session, acme, noon):
    who = as_staff("admin").at(acme)
    noon.shift(16 * 60)
    page = who.post("console.settings.create_api_key", data={"name": "Shop", "scopes": "surveys.read"}, expect=200)
    for _ in range(throttle.FREE + 2):
        page = who.submit(page, "/api-keys", expect=422, proof_password="a wrong guess")
        noon.shift(40)
    (entry,) = noted(session, "staff.proofs_failed")
    assert (entry.subject_id, entry.data) == (who.member_id, {"failed": throttle.FREE})


def test_a_reset_that_a_member_did_or_did_not_ask_for_is_noted_once_for_each_mail(
    visitor, session, services, acme, ada
):
    who = visitor().at(acme)
    for email in ("ada@acme.example", "nobody@acme.example"):
        who.submit(who.get("console.reset"), "/reset", email=email)
    assert not noted(session, "staff.reset_asked"), "the request does the same work for everybody"


def test_the_mail_of_a_reset_notes_that_it_was_asked_for(visitor, session, services, acme, ada):
    who = visitor().at(acme)
    who.submit(who.get("console.reset"), "/reset", email="ada@acme.example")
    for _ in range(2):  # a mail that is put off is made anew
        assert reset_mail(session, services, acme) is not None
        session.flush()
    (entry,) = noted(session, "staff.reset_asked")
    assert entry.subject_id == ada.id


@pytest.fixture
def program(app, acme):
    return Program(app).at(acme)


def ask(program, secret, address="192.0.2.1", expect=401):
    program.headers["Authorization"] = f"Bearer {secret}"
    return program.send("GET", "api_v1.surveys.list_surveys", expect=expect, environ_base={"REMOTE_ADDR": address})


@pytest.fixture
def revoked(joined, acme):
    def make():
        with joined.db.tenant_session(acme) as session:
            key, secret = api_keys.create(session, name="Old shop", scopes=("surveys.read",), by=SYSTEM)
            api_keys.revoke(session, key, by=SYSTEM)
            return key.id, secret

    return Context().run(make)


def test_refused_keys_are_noted_once_an_hour_for_each_network(program, session, services, revoked):
    services.queues.connection.flushdb()
    key_id, secret = revoked
    for _ in range(3):
        ask(program, secret)
    ask(program, api_keys.PREFIX + "made-up", address="192.0.2.2")
    ask(program, "no key at all", address="2001:db8::1")
    ask(program, "no key at all", address="2001:db8::2")
    found = noted(session, "api_key.refused", "api_key.unknown_refused")
    assert [(entry.subject_id, entry.data) for entry in found] == [
        (key_id, {"reason": "api_key_revoked"}),
        (None, {}),
        (None, {}),
    ]
    assert "it is revoked" in str(audit.told(session, found[:1]))


def test_a_crowd_of_networks_does_not_fill_the_log(program, session, services, monkeypatch):
    services.queues.connection.flushdb()
    monkeypatch.setattr(allowance, "NOTED", 2)
    for number in range(4):
        ask(program, api_keys.PREFIX + "made-up", address=f"192.0.2.{number}")
    assert len(noted(session, "api_key.unknown_refused")) == 2


def test_without_valkey_a_refused_key_is_noted_once_an_hour_for_the_workspace(program, session, monkeypatch):
    monkeypatch.setattr(Limiter, "add", lambda self, counted: [])
    for number in range(3):
        ask(program, api_keys.PREFIX + "made-up", address=f"192.0.2.{number}")
    assert len(noted(session, "api_key.unknown_refused")) == 1


def test_a_request_without_a_key_is_nobodys_guess(program, session, services):
    services.queues.connection.flushdb()
    program.headers.pop("Authorization", None)
    program.send("GET", "api_v1.surveys.list_surveys", expect=401)
    assert not noted(session, "api_key.unknown_refused")
