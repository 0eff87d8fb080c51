"""Keys: who comes in, and what their scopes allow."""

import re

import pytest

from tests.web.api.story import DEFINITION, Program, some_id
from web.api import unread
from web.surfaces import SURFACES

BODIES = {
    "surveys.create_survey": {"name": "x"},
    "surveys.change_survey": {"name": "x"},
    "surveys.replace_draft": {"definition": DEFINITION, "draft_revision": 1},
    "responses.create_response": {"answers": {}},
    "webhooks.create_webhook": {"url": "https://example.org/", "kinds": ["*"]},
    "webhooks.change_webhook": {"kinds": ["*"]},
    "webhooks.replay_webhook_failures": {"since": "2026-03-01T00:00:00Z"},
}
OPERATIONS = [
    (surface.name.removeprefix("api_v1.") + "." + endpoint, permission)
    for surface in SURFACES
    if surface.name.startswith("api_v1.")
    for permission, endpoints in surface.needs.items()
    for endpoint in endpoints.split()
]


NAMES = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def request_of(app, operation):
    """Method, and a path of made-up ids."""
    rule = next(app.url_map.iter_rules(f"api_v1.{operation}"))
    method = next(iter(rule.methods - {"HEAD", "OPTIONS"}))
    return method, [1 if name == "number" else some_id() for name in NAMES.findall(rule.rule)]


@pytest.mark.parametrize(("operation", "permission"), OPERATIONS)
def test_every_operation_asks_for_exactly_its_scope(app, acme, operation, permission):
    from tests.web.api.story import ALL_SCOPES

    method, path = request_of(app, operation)
    options = {"json": BODIES[operation]} if operation in BODIES else {}
    others = [scope for scope in ALL_SCOPES if scope != permission]
    without = Program(app, *others).at(acme)
    problem = without.call(method, operation, *path, expect=403, **options)
    assert problem["code"] == "scope_missing"
    assert permission in problem["detail"]
    alone = Program(app, permission).at(acme)
    address = alone.address(f"api_v1.{operation}", *path)
    answer = alone.client.open(
        address, method=method, base_url=f"http://{alone.host}", headers=alone.headers, **options
    )
    assert answer.status_code not in {401, 403, 500}


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic cms6", "Bearer rk_unknown", "Bearer " + "x" * 5000, "rk_abc",
               "Bearer rk_\u00e9", "Bearer rk_a rk_b"]
)  # fmt: skip
def test_without_a_valid_key_nothing_opens(program, header):
    program.headers = {} if header is None else {"Authorization": header}
    answer = program.send("GET", "api_v1.surveys.list_surveys", expect=401)
    assert answer.get_json()["code"] == "api_key_required"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_opens_nothing_any_more(program, joined, acme):
    from contextvars import Context

    from tenants import api_keys
    from tenants.permissions import SYSTEM

    program.call("GET", "surveys.list_surveys")

    def revoke():
        with joined.db.tenant_session(acme) as session:
            for key in api_keys.list_all(session):
                api_keys.revoke(session, key, by=SYSTEM)

    Context().run(revoke)
    assert program.refused("GET", "surveys.list_surveys", expect=401) == "api_key_revoked"
    answer = program.send("GET", "api_v1.surveys.list_surveys", expect=401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_key_opens_nothing_after_its_time(program, joined, acme):
    from contextvars import Context
    from datetime import timedelta

    import time_machine

    from infra import clock
    from infra.errors import Invalid
    from tenants import api_keys
    from tenants.permissions import SYSTEM

    def make(days):
        with joined.db.tenant_session(acme) as session:
            until = clock.now() + timedelta(days=days)
            return api_keys.create(session, name="x", scopes=["surveys.read"], by=SYSTEM, expires_at=until)[1]

    program.headers["Authorization"] = f"Bearer {Context().run(make, 90)}"
    program.call("GET", "surveys.list_surveys")
    with time_machine.travel(clock.now() + timedelta(days=90, seconds=1), tick=False):
        assert program.refused("GET", "surveys.list_surveys", expect=401) == "api_key_expired"
    with pytest.raises(Invalid) as refused:
        Context().run(make, -1)
    assert list(refused.value.problems) == ["expires_at"]


def test_a_key_is_made_at_the_command_line_and_shown_once(services, own_tenant, environment, monkeypatch):
    from click.testing import CliRunner

    from web import create_app
    from web.cli import main

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    arguments = ["api-keys", "create", own_tenant.slug, "Web shop", "--scope", "results.read", "--days", "90"]
    made = CliRunner().invoke(main, arguments)
    assert made.exit_code == 0, made.output
    program = Program(create_app(services)).at(own_tenant)
    program.headers["Authorization"] = f"Bearer {made.output.strip()}"
    assert program.refused("GET", "surveys.list_surveys", expect=403) == "scope_missing"
    assert program.refused("GET", "results.get_results", some_id(), expect=404) == "survey_not_found"
    assert CliRunner().invoke(main, ["api-keys", "create", "nobody-here", "x"]).exit_code == 1


def test_a_key_of_one_tenant_is_worthless_at_anothers_host(program, other_program):
    program.host = other_program.host
    assert program.refused("GET", "surveys.list_surveys", expect=401) == "api_key_required"


def test_the_api_is_not_on_the_platforms_host(program, visitor):
    program.host = visitor().host
    program.send("GET", "/api/v1/surveys", expect=404)


def test_a_cookie_of_staff_opens_nothing_here(as_staff, acme):
    as_staff("owner").at(acme).get("api_v1.surveys.list_surveys", expect=401)


def test_the_key_stands_hashed_and_not_in_clear(program, joined, acme):
    from contextvars import Context

    from infra.ids import token_hash
    from tenants import api_keys

    token = program.headers["Authorization"].removeprefix("Bearer ")

    def stored():
        with joined.db.tenant_session(acme) as session:
            return [(key.token_hash, key.hint) for key in api_keys.list_all(session)]

    ((hashed, hint),) = Context().run(stored)
    assert bytes(hashed) == token_hash(token)
    assert len(hint) < 10


def test_what_a_key_without_the_right_to_read_is_answered_is_decided_for_each_resource():
    """Of these, a write shows no more than what was sent, or nobody's data."""
    shown = {"attributes", "messages", "contact_settings", "survey_links"}
    for surface in SURFACES:
        if surface.who == "key" and "customers.read" in surface.needs and len(surface.needs) > 1:
            assert surface.name.rpartition(".")[2] in {*unread.READS, *shown}, surface.name
