"""What every resource of the API has in common."""

import json

import pytest
from openapi_spec_validator import validate

from tests.web.story import Person


def test_the_description_is_valid_openapi_3_1_and_open(visitor, acme):
    spec = visitor().at(acme).get("/api/v1/openapi.json").get_json()
    assert spec["openapi"] == "3.1.0"
    validate(spec)
    assert all(path.startswith("/api/v1/") for path in spec["paths"])


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer rk_nope", "Basic cms6cms=", "Bearer " + "x" * 3000])
def test_without_a_valid_key_nothing_opens(visitor, acme, header):
    who = visitor().at(acme)
    answer = who.get("/api/v1/surveys", expect=401, headers={"Authorization": header} if header else {})
    assert answer.get_json()["code"] == "api_key_required"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_of_one_tenant_is_unknown_to_another(with_key, acme, globex):
    program = with_key("surveys.read").at(acme)
    program.get("/api/v1/surveys")
    program.host = program.host.replace("acme", "globex")
    program.get("/api/v1/surveys", expect=401)


def test_a_staff_cookie_opens_no_api(as_staff, acme):
    as_staff("owner").at(acme).get("/api/v1/surveys", expect=401)


def test_a_missing_scope_is_named(with_key, acme):
    answer = with_key("results.read").at(acme).get("/api/v1/surveys", expect=403).get_json()
    assert answer["code"] == "scope_missing"
    assert "surveys.read" in answer["detail"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe{}", "application/json", 400),
        (b'{"name": NaN}', "application/json", 400),
        (b"[" * 200_000, "application/json", 400),
        (b'{"name": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"name=x", "application/x-www-form-urlencoded", 415),
        (b"[]", "application/json", 422),
        (b"", "application/json", 422),
        (b'{"name": "\\u0000"}', "application/json", 422),
        (b'{"name": "\\ud800"}', "application/json", 400),
        (b'{"name": "A", "nobody": 1}', "application/json", 422),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem_and_never_a_500(with_key, acme, body, kind, status):
    program = with_key("surveys.edit").at(acme)
    answer = program.post("/api/v1/surveys", data=body, content_type=kind, expect=status)
    problem = json.loads(answer.data)
    assert answer.mimetype == "application/problem+json"
    assert problem["status"] == status
    assert {"type", "title", "detail", "code"} <= set(problem)


@pytest.mark.parametrize(
    "query", ["?limit=0", "?limit=x", "?cursor=abc", "?nobody=1", "?cursor=%00", "?limit=%F0%28"]
)
def test_odd_parameters_are_a_422(with_key, acme, query):
    with_key("surveys.read").at(acme).get(f"/api/v1/surveys{query}", expect=422)


@pytest.mark.parametrize("path", ["/api/v1/surveys/1", "/api/v1/nothing", "/api/v1/surveys/%00"])
def test_odd_addresses_are_a_404_in_json(with_key, acme, path):
    assert with_key("surveys.read").at(acme).get(path, expect=404).get_json()["code"] == "not_found"


def test_a_method_that_is_not_there_names_those_that_are(with_key, acme):
    answer = with_key("surveys.read").at(acme).send("PUT", "/api/v1/surveys", expect=405, json={})
    assert answer.get_json()["code"] == "method_not_allowed"
    assert "GET" in answer.headers["Allow"]


def test_the_same_key_does_a_write_once(app, with_key, acme):
    program = with_key("surveys.edit", "surveys.read").at(acme)
    send = {"json": {"name": "After your visit"}, "headers": {"Idempotency-Key": "order-17"}}
    first = program.post("/api/v1/surveys", expect=201, **send).get_json()
    again = program.post("/api/v1/surveys", expect=201, **send)
    assert again.get_json()["id"] == first["id"]
    assert len(program.get("/api/v1/surveys").get_json()["items"]) == 1
    other = program.post(
        "/api/v1/surveys", expect=422, json={"name": "Other"}, headers={"Idempotency-Key": "order-17"}
    )
    assert other.get_json()["code"] == "idempotency_key_reused"
    stranger = Person(app, scopes=("surveys.edit",)).at(acme)
    assert stranger.post("/api/v1/surveys", expect=201, **send).get_json()["id"] != first["id"]
