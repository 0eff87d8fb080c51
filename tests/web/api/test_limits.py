"""Every answer to a key says how much it may ask (draft-ietf-httpapi-ratelimit-headers), and too much is a 429."""

import re
from contextvars import Context

import pytest

from tenants import api_keys
from tenants.permissions import SYSTEM
from tests.web.api.story import Program, some_id
from web.api import allowance

LIMIT = re.compile(r'"key";r=(\d+);t=(\d+)')


@pytest.fixture
def slow(app, joined, acme) -> Program:
    """A program whose key may send ten requests in a minute."""
    program = Program(app).at(acme)

    def make() -> str:
        with joined.db.tenant_session(acme) as session:
            scopes = ("surveys.read", "surveys.edit")
            return api_keys.create(session, name="Slow", scopes=scopes, by=SYSTEM, requests_per_minute=10)[1]

    program.headers["Authorization"] = f"Bearer {Context().run(make)}"
    return program


def test_every_answer_says_what_is_left_also_an_error(slow):
    asked = [
        ("GET", "api_v1.surveys.list_surveys", (), {}, 200),
        ("GET", "api_v1.surveys.get_survey", (some_id(),), {}, 404),
        ("POST", "api_v1.surveys.create_survey", (), {"data": b"{", "content_type": "application/json"}, 400),
        ("POST", "api_v1.surveys.create_survey", (), {"data": b"x", "content_type": "text/plain"}, 415),
        ("POST", "api_v1.surveys.create_survey", (), {"json": []}, 422),
        ("POST", "api_v1.versions.publish_survey", (some_id(),), {}, 403),
    ]
    for number, (method, operation, path, options, status) in enumerate(asked, 1):
        answer = slow.send(method, operation, *path, expect=status, **options)
        assert answer.headers["RateLimit-Policy"] == '"key";q=10;w=60'
        found = LIMIT.fullmatch(answer.headers["RateLimit"])
        assert found is not None
        assert int(found[1]) == 10 - number
        assert 0 < int(found[2]) <= 60


def test_beyond_the_limit_of_the_key_is_a_429_that_says_how_long_to_wait(slow, program):
    for _ in range(10):
        slow.call("GET", "surveys.list_surveys")
    answer = slow.send("GET", "api_v1.surveys.list_surveys", expect=429)
    assert answer.get_json()["code"] == "too_many_requests"
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit"].startswith('"key";r=0;t=')
    assert program.send("GET", "api_v1.surveys.list_surveys", expect=200).headers["RateLimit"]


def test_a_rotated_key_does_not_get_a_second_allowance(slow, joined, acme):
    from datetime import timedelta

    slow.call("GET", "surveys.list_surveys")

    def rotate() -> str:
        with joined.db.tenant_session(acme) as session:
            key = next(key for key in api_keys.list_all(session) if key.name == "Slow")
            return api_keys.rotate(session, key, overlap=timedelta(hours=1), by=SYSTEM)

    slow.headers["Authorization"] = f"Bearer {Context().run(rotate)}"
    assert slow.send("GET", "api_v1.surveys.list_surveys", expect=200).headers["RateLimit"].startswith('"key";r=8;')


def test_while_nobody_counts_every_request_passes_and_only_the_policy_is_told(slow, monkeypatch):
    monkeypatch.setattr(slow.app.limiter, "add", lambda counted: [])
    answer = slow.send("GET", "api_v1.surveys.list_surveys", expect=200)
    assert answer.headers["RateLimit-Policy"] == '"key";q=10;w=60'
    assert "RateLimit" not in answer.headers


def test_whoever_tries_keys_is_slowed_down_and_those_with_a_key_are_not(slow, monkeypatch):
    monkeypatch.setattr(allowance, "STRANGERS", 3)
    stranger = Program(slow.app).at(slow.tenant)
    for number in range(3):
        stranger.headers["Authorization"] = f"Bearer rk_{number}"
        answer = stranger.send("GET", "api_v1.surveys.list_surveys", expect=401)
        assert answer.headers["RateLimit"].startswith(f'"address";r={2 - number};')
    stranger.send("GET", "api_v1.surveys.list_surveys", expect=429)
    slow.call("GET", "surveys.list_surveys")


def test_the_description_names_the_fields(program):
    document = program.send("GET", "/api/v1/openapi.json", expect=200).get_json()
    answers = document["paths"]["/api/v1/surveys"]["get"]["responses"]
    assert set(answers["200"]["headers"]) == {"RateLimit", "RateLimit-Policy"}
    assert set(document["components"]["responses"]["TOO_MANY_REQUESTS"]["headers"]) == {
        "RateLimit",
        "RateLimit-Policy",
        "Retry-After",
    }
