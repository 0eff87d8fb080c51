"""PostgreSQL away or silent: pages say so, with a way to try again, and nothing is a 500."""

import time
from dataclasses import replace
from threading import Event

import pytest

from infra.db import Databases, patience
from tests.support.between import postgres_behind
from tests.web.story import Person, text_of
from web import create_app, health


@pytest.fixture
def away(services):
    """The application whose databases nobody listens for."""
    nowhere = replace(services.settings, control_database="postgresql://127.0.0.1:1/rapport", cells="", pool_size=1)
    return create_app(replace(services, settings=nowhere, db=Databases(nowhere)))


def test_a_page_says_that_the_service_does_not_answer(away, acme):
    answer = Person(away).at(acme).get("console.sign_in", expect=503)
    assert "does not answer" in text_of(answer)
    assert answer.headers["Retry-After"]


def test_a_form_says_that_nothing_was_lost(away):
    who = Person(away)
    page = who.get("platform.sign_up")
    typed = {
        "business_name": "A",
        "slug": "a-b-c",
        "name": "A",
        "email": "a@b.example",
        "password": "seven calm otters",
    }
    assert "Nothing was lost" in text_of(who.submit(page, "/sign-up", expect=503, **typed))


def test_the_api_says_it_as_a_problem(away, acme):
    who = Person(away).at(acme)
    who.headers["Authorization"] = "Bearer rk_whatever"
    assert who.get("/api/v1/surveys", expect=503).get_json()["code"] == "unavailable"


def test_readiness_names_what_is_away(away):
    lines = Person(away).get("health.ready", expect=503).text.splitlines()
    assert "postgres control: does not answer" in lines
    assert "valkey: ok" in lines


def test_readiness_answers_in_time_while_postgresql_hangs_and_recovers(services, settings, monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE", 0.5)
    with postgres_behind(settings) as (databases, between):
        who = Person(create_app(replace(services, settings=databases.settings, db=databases)))
        assert "postgres control: ok" in who.get("health.ready").text
        with between.silent():
            for _ in range(3):
                began = time.monotonic()
                lines = who.get("health.ready", expect=503).text.splitlines()
                assert time.monotonic() - began < 25  # without an end it would hang
                assert {"postgres control: does not answer", "valkey: ok", "s3: ok"} <= set(lines)
            assert who.get("health.alive").text == "ok\n"
        deadline = time.monotonic() + 20
        while "does not" in who.client.get("/readyz").text:
            assert time.monotonic() < deadline, "it did not recover"
        who.get("health.ready")


def test_readiness_asks_everybody_at_once_and_nobody_twice(monkeypatch):
    monkeypatch.setattr(health, "PATIENCE", 0.2)
    answer, asked = Event(), []

    def owes_an_answer():
        asked.append(1)
        answer.wait(10)

    parts = {"a": owes_an_answer, "b": owes_an_answer, "c": lambda: None, "d": lambda: 1 / 0}
    readiness = health.Readiness(parts)
    for _ in range(3):
        states = readiness.states()
        assert states == {"a": "does not answer", "b": "does not answer", "c": "ok", "d": "does not answer"}
    assert len(asked) == 2
    answer.set()
    monkeypatch.setattr(health, "PATIENCE", 5)
    assert [readiness.states()[name] for name in "ab"] == ["ok", "ok"]
