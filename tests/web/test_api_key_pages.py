"""API keys in the console: made with an end, limited, rotated and ended by hand."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from infra import clock
from tenants import api_keys
from tenants.models import ApiKey
from tenants.permissions import SYSTEM
from tests.web.story import add_member, text_of

PAGE = "console.settings.api_key"
ONE = {"name": "Web shop", "scopes": ["surveys.read"]}


def secret_in(page):
    return re.search(r'value="(rk_[^"]+)"', page.text)[1]


def the_key(session):
    session.expire_all()
    return session.scalars(select(ApiKey)).one()


@pytest.mark.parametrize(
    ("typed", "days"),
    [({}, 365), ({"lifetime": "30"}, 30), ({"lifetime": "90"}, 90), ({"lifetime": "never"}, None)],
)
def test_a_key_lives_a_year_or_as_long_as_was_chosen(as_staff, session, acme, typed, days):
    as_staff("owner").at(acme).post("console.settings.create_api_key", data={**ONE, **typed}, expect=200)
    ends = the_key(session).expires_at
    assert (ends and round((ends - clock.now()) / timedelta(days=1))) == days


def test_a_key_can_live_to_the_end_of_a_day_in_the_readers_zone(as_staff, session, acme):
    owner = as_staff("owner").at(acme)
    owner.post("console.settings.save_zone", data={"zone": "Pacific/Auckland"})
    day = date.today() + timedelta(days=40)  # noqa: DTZ011 any day well ahead
    typed = {"lifetime": "day", "expires_on": day.isoformat()}
    owner.post("console.settings.create_api_key", data={**ONE, **typed}, expect=200)
    ends = the_key(session).expires_at
    assert ends.astimezone(clock.now().tzinfo).date() == day, "midnight in Auckland is noon before in UTC"
    assert 10 <= ends.hour <= 13


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"lifetime": "day"}, "Please fill this in."),
        ({"lifetime": "day", "expires_on": "soon"}, "2026-03-31"),
        ({"lifetime": "day", "expires_on": "2020-01-01"}, "passed already"),
        ({"lifetime": "day", "expires_on": "2999-01-01"}, "ten years"),
        ({"lifetime": "1000"}, "entries of the list"),
        ({"requests_per_minute": "5"}, "from 10 to 6,000"),
        ({"requests_per_minute": "many"}, "whole number"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_no_key_is_made(as_staff, session, acme, typed, sentence):
    page = as_staff("owner").at(acme).post("console.settings.create_api_key", data={**ONE, **typed}, expect=422)
    assert sentence in text_of(page)
    assert session.scalars(select(ApiKey)).all() == []


def test_rotating_shows_the_new_secret_once_lists_both_and_the_old_one_can_be_ended(
    as_staff, with_key, session, acme
):
    owner = as_staff("owner").at(acme)
    first = secret_in(owner.post("console.settings.create_api_key", data=ONE, expect=200))
    key = the_key(session)
    asked = owner.get("console.settings.api_key_rotation", key.id)
    second = secret_in(owner.submit(asked, "/rotation", expect=200, lifetime="90", overlap="168"))
    page = text_of(owner.get(PAGE, key.id))
    assert f"{first[:7]}…" in page
    assert f"{second[:7]}…" in page
    assert second not in page
    program = with_key("results.read").at(acme)
    for secret in (first, second):
        program.headers["Authorization"] = f"Bearer {secret}"
        program.get("/api/v1/surveys")
    assert "When you rotate again now, it ends at once." in text_of(
        owner.get("console.settings.api_key_rotation", key.id)
    )
    owner.submit(owner.get(PAGE, key.id), "/old-secret/end")
    program.headers["Authorization"] = f"Bearer {first}"
    assert program.get("/api/v1/surveys", expect=401).get_json()["code"] == "api_key_replaced"
    page = text_of(owner.get(PAGE, key.id))
    assert first[:7] not in page
    assert "ended the old secret" in page, "its history"


def test_the_limit_of_a_key_is_changed_and_holds_at_once(as_staff, with_key, session, acme):
    owner, program = as_staff("owner").at(acme), with_key("surveys.read").at(acme)
    key = the_key(session)
    owner.submit(owner.get(PAGE, key.id), "/limit", requests_per_minute="60")
    assert program.get("/api/v1/surveys").headers["RateLimit-Policy"] == '"key";q=60;w=60'
    page = owner.submit(owner.get(PAGE, key.id), "/limit", requests_per_minute="9", expect=422)
    assert "from 10 to 6,000" in text_of(page)


def test_the_last_use_is_shown_also_of_a_request_that_was_refused(as_staff, with_key, session, acme):
    owner, program = as_staff("owner").at(acme), with_key("results.read").at(acme)
    assert "never" in text_of(owner.get("console.settings.api_keys"))
    program.get("/api/v1/surveys", expect=403)
    assert the_key(session).last_used_at is not None


def test_a_key_that_lost_rights_with_its_maker_says_so(as_staff, session, acme):
    from tenants.permissions import Actor, of_role

    maker = add_member(session, "admin")
    by = Actor("staff", maker.id, of_role("admin"))
    key, _ = api_keys.create(session, name="Old", scopes=("surveys.delete", "surveys.read"), by=by)
    maker.role = "viewer"
    session.flush()
    page = text_of(as_staff("owner").at(acme).get(PAGE, key.id))
    assert "This key may less than its scopes say" in page
    assert "delete surveys" in page


def test_keys_tell_how_they_stand(as_staff, session, acme):
    soon, late = clock.now() + timedelta(days=3), clock.now() + timedelta(days=100)
    api_keys.create(session, name="Soon", scopes=("surveys.read",), by=SYSTEM, expires_at=soon)
    gone, _ = api_keys.create(session, name="Gone", scopes=("surveys.read",), by=SYSTEM, expires_at=late)
    past, _ = api_keys.create(session, name="Past", scopes=("surveys.read",), by=SYSTEM, expires_at=late)
    past.expires_at = clock.now() - timedelta(days=1)
    api_keys.revoke(session, gone, by=SYSTEM)
    session.flush()
    page = text_of(as_staff("owner").at(acme).get("console.settings.api_keys"))
    for word in ("Ends soon", "Revoked", "Expired"):
        assert word in page
