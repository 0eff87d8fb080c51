"""PostgreSQL away: pages say so, with a way to try again, and nothing is a 500."""

from dataclasses import replace

import pytest

from infra.db import Databases
from tests.web.story import Person, text_of
from web import create_app


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
    typed = {"business_name": "A", "slug": "a-b-c", "email": "a@b.example", "password": "seven calm otters"}
    assert "Nothing was lost" in text_of(who.submit(page, "/sign-up", expect=503, **typed))


def test_the_api_says_it_as_a_problem(away, acme):
    who = Person(away).at(acme)
    who.headers["Authorization"] = "Bearer rk_whatever"
    assert who.get("/api/v1/surveys", expect=503).get_json()["code"] == "unavailable"


def test_readiness_names_what_is_away(away):
    lines = Person(away).get("health.ready", expect=503).text.splitlines()
    assert "postgres control: does not answer" in lines
    assert "valkey: ok" in lines
