"""Hosts, surfaces, errors, headers and cookies."""

from dataclasses import replace

import pytest

from tests.web.story import Person, text_of
from web import create_app


def test_an_unknown_host_is_never_somebodys_default(visitor):
    who = visitor()
    for host in ("nobody.localhost", "evil.example", "acme.localhost.evil.example", "a_b.localhost", ""):
        who.host = host or "[::1]"
        assert "There is nothing" in text_of(who.get("/console/sign-in", expect=404))


@pytest.mark.parametrize("host", ["x" * 64 + ".localhost", ".localhost", "a..b.localhost"])
def test_a_host_that_cannot_exist_is_nobodys_either(visitor, host):
    page = visitor().get("/console/sign-in", expect=404, environ_overrides={"HTTP_HOST": host})
    assert "There is nothing" in text_of(page)


def test_platform_pages_are_not_at_a_tenants_host_nor_the_other_way_round(visitor, acme):
    visitor().at(acme).get("platform.sign_up", expect=404)
    visitor().get("console.sign_in", expect=404)


def test_health_answers_on_any_host(services):
    who = Person(create_app(services))
    who.host = "10.0.0.1"
    assert who.get("health.alive").text == "ok\n"
    lines = who.get("health.ready").text.splitlines()
    assert {"postgres control: ok", "postgres cell default: ok", "valkey: ok", "s3: ok"} <= set(lines)


@pytest.mark.parametrize("path", ["/console/settings/brand", "/console/settings/api-keys?x=1"])
def test_who_is_not_signed_in_is_sent_to_the_sign_in_and_back(visitor, acme, path):
    answer = visitor().at(acme).get(path, expect=303)
    assert answer.location.startswith("/console/sign-in?next=%2Fconsole") or "next=/console" in answer.location


def test_strict_headers_stand_on_every_answer(visitor, acme):
    for answer in (
        visitor().at(acme).get("console.sign_in"),
        visitor().at(acme).get("/nowhere", expect=404),
        visitor().get("platform.landing"),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "form-action 'self'" in policy
        assert "base-uri 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_program_gets_problem_json_and_a_person_a_page(visitor, acme):
    as_program = visitor().at(acme).get("/nowhere", expect=404, headers={"Accept": "application/json"})
    assert as_program.mimetype == "application/problem+json"
    assert as_program.get_json()["code"] == "not_found"
    assert "text/html" in visitor().at(acme).get("/nowhere", expect=404).content_type


def test_a_cookie_of_one_tenant_is_worthless_at_anothers_host(as_staff, acme, globex):
    owner = as_staff("owner").at(acme)
    owner.get("console.settings.brand")
    cookie = next(iter(owner.client._cookies.values())).value
    owner.host = owner.host.replace("acme", "globex")
    owner.client.set_cookie("rapport", cookie, domain=owner.host.partition(":")[0])
    owner.get("console.settings.brand", expect=303)


def test_a_form_without_its_token_is_refused_and_changes_nothing(as_staff, acme):
    owner = as_staff("owner").at(acme)
    answer = owner.post(
        "console.settings.save_zone", data={"zone": "Europe/Vienna"}, headers={"X-CSRFToken": "no"}, expect=400
    )
    assert "open for too long" in text_of(answer)


def test_a_suspended_tenant_says_so(visitor, app, acme, joined):
    from sqlalchemy import update

    from tenants import directory
    from tenants.models import Tenant

    with joined.db.control_session() as session:
        session.execute(update(Tenant).where(Tenant.id == acme.id).values(state="suspended"))
        directory.bump(session)
    assert "paused" in text_of(visitor().at(acme).get("console.sign_in", expect=503))


@pytest.mark.parametrize("body", ["zone=%00", "zone=%ff%fe", "zone=" + "x" * 3000])
def test_odd_bytes_are_a_4xx(as_staff, acme, body):
    owner = as_staff("owner").at(acme)
    owner.post(
        "console.settings.save_zone", data=body, content_type="application/x-www-form-urlencoded", expect=422
    )


def test_the_start_of_a_tenants_host_is_its_console(visitor, acme):
    assert visitor().at(acme).get("/", expect=302).location == "/console/"


def test_addresses_of_proxies_are_believed_only_when_the_settings_say_so(joined, acme):
    forwarded = {"X-Forwarded-Host": "acme.localhost:8000", "X-Forwarded-For": "192.0.2.7"}
    for proxies, expect in ((0, 404), (1, 200)):
        who = Person(create_app(replace(joined, settings=replace(joined.settings, proxies=proxies))))
        who.host = "internal:9000"
        who.get("/console/sign-in", expect=expect, headers=forwarded)


def test_a_cookie_that_is_nonsense_is_no_cookie(visitor, acme):
    for value in ("x", "a.b.c", "é" * 50, "." * 4000):
        who = visitor().at(acme)
        who.get("console.home.index", expect=303, headers={"Cookie": f"rapport={value}"})
