"""Requests that are sent twice, and requests that nobody honest sends."""

from contextvars import Context
from datetime import timedelta
from hashlib import sha256

import pytest
import time_machine
from marshmallow import fields

from infra import clock
from infra.ids import new_id
from tenants import idempotency
from tests.web.api.story import DEFINITION, Program, some_id
from web.schemas.api.base import Body


def test_a_write_that_is_sent_twice_is_done_once_and_answered_alike(program):
    first = program.send("POST", "api_v1.surveys.create_survey", expect=201, json={"name": "Once"},
                         headers={"Idempotency-Key": "k1"})  # fmt: skip
    again = program.send("POST", "api_v1.surveys.create_survey", expect=201, json={"name": "Once"},
                         headers={"Idempotency-Key": "k1"})  # fmt: skip
    assert again.get_json() == first.get_json()
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(program.call("GET", "surveys.list_surveys", query_string={"search": "Once"})["items"]) == 1


def test_every_write_can_be_sent_twice(program):
    survey = program.survey()
    steps = [
        ("PATCH", "surveys.change_survey", {"json": {"name": "Another"}}, 200),
        ("PUT", "surveys.replace_draft", {"json": {"definition": DEFINITION, "draft_revision": 1}}, 200),
        ("POST", "versions.publish_survey", {}, 201),
        ("POST", "versions.open_publication", {}, 200),
        ("POST", "responses.create_response", {"json": {"answers": {"q_score": 9}}}, 201),
        ("DELETE", "versions.withdraw_publication", {}, 200),
        ("POST", "surveys.archive_survey", {}, 200),
        ("DELETE", "surveys.restore_survey", {}, 200),
        ("DELETE", "surveys.delete_survey", {"query_string": {"confirm": "Another"}}, 204),
    ]
    for method, operation, options, status in steps:
        answers = [
            program.call(method, operation, survey["id"], expect=status, key=operation, **options) for _ in range(2)
        ]
        assert answers[0] == answers[1], operation


def test_a_key_that_was_used_for_something_else_is_refused(program):
    survey = program.survey()
    program.call("POST", "surveys.create_survey", expect=201, json={"name": "One"}, key="k")
    for operation, path, body in (
        ("surveys.create_survey", (), {"name": "Two"}),
        ("versions.publish_survey", (survey["id"],), None),
    ):
        code = program.refused("POST", operation, *path, expect=422, json=body, key="k")
        assert code == "idempotency_key_reused"


def test_a_write_that_was_refused_may_be_repeated_with_the_same_key(program):
    survey = program.survey()
    body = {"answers": {"q_score": 9}}
    program.call("POST", "responses.create_response", survey["id"], expect=409, json=body, key="k")
    program.call("POST", "versions.publish_survey", survey["id"], expect=201)
    program.call("POST", "responses.create_response", survey["id"], expect=201, json=body, key="k")


def test_keys_of_two_programs_do_not_meet(app, acme, program, other_program):
    second = Program(app).at(acme)
    ids = {
        who.call("POST", "surveys.create_survey", expect=201, json={"name": "One"}, key="same")["id"]
        for who in (program, second, other_program)
    }
    assert len(ids) == 3


def test_a_key_is_forgotten_after_three_days_and_may_be_used_again(program, joined, acme):
    first = program.call("POST", "surveys.create_survey", expect=201, json={"name": "One"}, key="k")

    def sweep():
        with joined.db.tenant_session(acme) as session:
            seen = idempotency.has_old(session)
            idempotency.forget_old(session)
            return seen

    assert Context().run(sweep) is False
    with time_machine.travel(clock.now() + idempotency.KEPT + timedelta(minutes=1), tick=False):
        assert Context().run(sweep) is True
        again = program.call("POST", "surveys.create_survey", expect=201, json={"name": "Two"}, key="k")
    assert again["id"] != first["id"]


@pytest.mark.parametrize("key", [" ", "a b", "x" * 201, "caf\u00e9", "\x7f"])
def test_an_odd_key_is_a_400(program, key):
    answer = program.send("POST", "api_v1.surveys.create_survey", expect=400, json={"name": "x"},
                          headers={"Idempotency-Key": key})  # fmt: skip
    assert answer.get_json()["code"] == "idempotency_key_malformed"


def test_a_write_whose_first_sending_has_not_ended_is_a_409(services, own_tenant):
    from web import create_app

    program = Program(create_app(services)).at(own_tenant)
    made = []

    def first():
        with services.db.tenant_session(own_tenant) as session:
            from tenants import api_keys

            (key,) = api_keys.list_all(session)
            asked = idempotency.Asked(key.id, "k", "POST /api/v1/surveys?", sha256(b"").digest())
            idempotency.once(session, asked, second, status=201)

    def second():
        made.append(program.refused("POST", "surveys.create_survey", expect=409, json={"name": "x"}, key="k"))
        return new_id()

    Context().run(first)
    assert made == ["idempotency_key_in_flight"]
    assert program.refused("POST", "surveys.create_survey", expect=422, json={"name": "x"}, key="k")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_request"),
        (b"\xff\xfe", 400, "bad_request"),
        (b'{"name": NaN}', 400, "bad_request"),
        (b'{"name": "\\ud800"}', 400, "bad_request"),
        (b'{"\\udfff": 1}', 400, "bad_request"),
        (b"[" * 100_000, 400, "bad_request"),
        (b'{"name": 1' + b"0" * 5000 + b"}", 400, "bad_request"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400, "bad_request"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'"text"', 422, "invalid"),
        (b"", 422, "invalid"),
        (b'{"name": "' + b"x" * 3_000_000 + b'"}', 413, "too_large"),
    ],
)
def test_a_body_that_is_no_request_is_a_4xx_and_nothing_is_stored(program, body, status, code):
    found = program.refused(
        "POST", "surveys.create_survey", expect=status, data=body, content_type="application/json"
    )
    assert found == code
    assert program.call("GET", "surveys.list_surveys")["items"] == []


def test_a_pair_of_escapes_is_one_character(program):
    body = b'{"name": "Caf\\u00e9 \\ud83d\\ude00"}'
    made = program.call("POST", "surveys.create_survey", expect=201, data=body, content_type="application/json")
    assert made["name"] == "Café 😀"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"]
)
def test_a_body_that_is_not_said_to_be_json_is_a_415(program, kind):
    code = program.refused("POST", "surveys.create_survey", expect=415, data=b'{"name": "x"}', content_type=kind)
    assert code == "unsupported_media_type"


def test_a_hostile_definition_is_refused_by_path(program):
    deep = {"left": {"type": "question", "id": "q_score"}, "operator": "answered"}
    for _ in range(30):
        deep = {"all": [deep]}
    hostile = {**DEFINITION, "blocks": [{"id": "b_main", "questions": [], "show_if": deep}]}
    problem = program.call("POST", "surveys.create_survey", expect=422, json={"name": "x", "definition": hostile})
    assert problem["code"] == "definition_invalid"
    many = {"name": "x", "definition": {**DEFINITION, "languages": ["en"] * 50_000}}
    assert program.refused("POST", "surveys.create_survey", expect=422, json=many) == "definition_invalid"


def test_a_method_that_an_address_does_not_know_is_a_405_with_those_it_knows(program):
    answer = program.send("PUT", "/api/v1/surveys", expect=405, json={})
    assert answer.get_json()["code"] == "method_not_allowed"
    assert {"GET", "POST"} <= {method.strip() for method in answer.headers["Allow"].split(",")}
    program.send("GET", "/api/v1/nothing", expect=404)
    program.send("GET", f"/api/v1/surveys/{some_id()}/nothing", expect=404)


def test_what_is_answered_is_kept_by_no_cache(program):
    answer = program.send("GET", "api_v1.surveys.list_surveys", expect=200)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_same_write_sent_by_many_at_once_is_done_once(services, own_tenant):
    from concurrent.futures import ThreadPoolExecutor

    from web import create_app

    program = Program(create_app(services)).at(own_tenant)
    survey = program.live_survey()
    options = {
        "method": "POST",
        "json": {"answers": {"q_score": 9}},
        "base_url": f"http://{program.host}",
        "headers": {**program.headers, "Idempotency-Key": "at-once"},
    }
    address = program.address("api_v1.responses.create_response", survey["id"])

    def send(_):
        client = program.app.test_client()
        return client.open(address, **options).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, range(24)))
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert len(program.call("GET", "responses.list_responses", survey["id"])["items"]) == 1
    assert program.call("GET", "results.get_results", survey["id"])["responses"] == 1


def test_no_request_is_refused_in_the_words_of_the_library(program):
    def all_of(schema):
        return {schema}.union(*(all_of(each) for each in schema.__subclasses__()))

    library = {
        said
        for each in vars(fields).values()
        if isinstance(each, type) and issubclass(each, fields.Field)
        for said in each.default_error_messages.values()
    }
    spoken = {
        (schema.__name__, name, said)
        for schema in all_of(Body)
        if schema.__module__.startswith("web.")
        for name, field in schema().fields.items()
        for code, said in field.error_messages.items()
        if code in ("required", "null", "invalid", "type")
    }
    assert len(spoken) > 500
    assert not {each for each in spoken if each[2] in library}
