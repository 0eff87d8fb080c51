"""The password asked again before what is dear: nothing typed is lost, nothing guessed, nobody led elsewhere."""

from datetime import timedelta

import time_machine
from sqlalchemy import select

from infra.clock import now
from tenants import sign_in
from tenants.models import ApiKey, StaffMember
from tests.web.doors import sign_in_as
from tests.web.story import PASSWORD, text_of


def later(**time):
    return time_machine.travel(now() + timedelta(**time))


def key_form(name="Web shop"):
    return {"name": name, "scopes": "surveys.read"}


def keys_made(session):
    return len(session.scalars(select(ApiKey).where(ApiKey.name == "Web shop")).all())


def test_what_is_dear_asks_for_the_password_after_a_quarter_of_an_hour_and_keeps_what_was_typed(
    as_staff, session, acme
):
    who = as_staff("admin").at(acme)
    with later(minutes=16):
        page = who.post("console.settings.create_api_key", data=key_form(), expect=200)
        assert "Is it you?" in text_of(page)
        assert keys_made(session) == 0
        wrong = who.submit(page, "/api-keys", expect=422, proof_password="not the password")
        assert "not your password" in text_of(wrong)
        assert "not the password" not in wrong.text
        assert "Your new API key" in text_of(who.submit(wrong, "/api-keys", expect=200, proof_password=PASSWORD))
        assert keys_made(session) == 1
        who.post("console.settings.create_api_key", data=key_form(), expect=200)
        assert keys_made(session) == 2  # not asked again


def test_guessing_the_password_there_is_slowed_down_for_that_session_alone(as_staff, visitor, session, acme):
    who = as_staff("admin").at(acme)
    with later(minutes=16):
        page = who.post("console.settings.create_api_key", data=key_form(), expect=200)
        for _ in range(5):
            who.submit(page, "/api-keys", expect=422, proof_password="not the password")
        who.submit(page, "/api-keys", expect=429, proof_password=PASSWORD)
        assert keys_made(session) == 0
        member = session.get(StaffMember, who.member_id)
        sign_in_as(visitor().at(acme), member.email, PASSWORD)


def test_the_question_comes_after_the_permission(as_staff, acme):
    who = as_staff("viewer").at(acme)
    with later(minutes=16):
        who.post("console.settings.create_api_key", data=key_form(), expect=403)


def test_programs_are_told_with_a_code(as_staff, acme):
    who = as_staff("admin").at(acme)
    with later(minutes=16):
        answer = who.post(
            "console.settings.create_api_key",
            data=key_form(),
            expect=403,
            headers={"Accept": "application/json"},
        )
    assert answer.json["code"] == "proof_needed"


def test_the_page_that_asks_goes_on_to_where_one_was_going_and_nowhere_else(as_staff, acme):
    who = as_staff("admin").at(acme)
    with later(minutes=16):
        page = who.get("/console/security/proof?next=/console/settings/brand")
        assert who.submit(page, "/proof", proof_password=PASSWORD).location == "/console/settings/brand"
        assert who.get("/console/security/proof?next=//evil.example", expect=302).location == "/console/security/"


def test_a_link_of_one_use_is_no_password(visitor, session, acme, ada):
    who = visitor().at(acme)
    who.get("console.enter", sign_in.make_code(session, who.app.services.settings, ada), expect=303)
    page = who.submit(who.get("console.second_factor.show"), "/second-factor/app", expect=200)
    assert "Is it you?" in text_of(page)
    who.submit(page, "/second-factor/app", proof_password=PASSWORD)
    who.get("console.second_factor.app")
