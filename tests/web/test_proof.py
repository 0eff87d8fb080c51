"""The password asked again before what is dear: nothing typed is lost, nothing guessed, nobody led elsewhere."""

import base64
import json
from datetime import timedelta

import time_machine
from sqlalchemy import select

from infra import long_jobs
from infra.clock import now
from infra.ids import new_id
from infra.long_jobs import LongJob
from surveys import surveys
from surveys.jobs import answers_csv
from tenants import sign_in
from tenants.models import ApiKey, Domain, Invitation, StaffMember
from tenants.permissions import Actor
from tests.web.doors import sign_in_as
from tests.web.story import PASSWORD, text_of
from web.proof import DOWNLOADS

DOMAIN_ACTS = ("lead_to_domain", "give_up_domain")


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


def test_an_invitation_is_kept_through_the_question(as_staff, session, acme):
    who = as_staff("admin").at(acme)
    typed = {"email": "kim@else.example", "name": "Kim Lee", "role": "editor"}
    with later(minutes=16):
        page = who.post("console.settings.invite", data=typed, expect=200)
        assert session.scalars(select(Invitation)).all() == []
        who.submit(page, "/people/invitation", proof_password=PASSWORD)
    assert [(each.email, each.role) for each in session.scalars(select(Invitation))] == [
        ("kim@else.example", "editor")
    ]


def test_roles_and_places_of_colleagues_change_after_the_question_alone(as_staff, session, acme):
    who, editor = as_staff("admin").at(acme), as_staff("editor").at(acme)

    def present():
        query = select(StaffMember.role, StaffMember.deactivated_at).where(StaffMember.id == editor.member_id)
        return session.execute(query).one()

    with later(minutes=16):
        page = who.post("console.settings.change_role", editor.member_id, data={"role": "viewer"}, expect=200)
        assert present().role == "editor"
        who.post("console.settings.remove", editor.member_id, data={"heir_surveys": str(who.member_id)}, expect=200)
        assert present().deactivated_at is None
        who.submit(page, f"/people/{editor.member_id}/role", proof_password=PASSWORD)
        assert present().role == "viewer"
        who.post("console.settings.remove", editor.member_id, data={"heir_surveys": str(who.member_id)})
        assert present().deactivated_at is not None


def test_a_domain_is_kept_through_the_question_and_led_to_after_it_alone(as_staff, session, acme):
    who = as_staff("admin").at(acme)
    with later(minutes=16):
        page = who.post("console.settings.add_domain", data={"host": "feedback.proof.example"}, expect=200)
        asked = [who.post(f"console.settings.{act}", new_id(), expect=200) for act in DOMAIN_ACTS]
        assert all("Is it you?" in text_of(each) for each in asked)
        who.submit(page, "/settings/domains", proof_password=PASSWORD)
    assert session.scalars(select(Domain.host)).all() == ["feedback.proof.example"]


def test_a_file_of_answers_leads_to_the_question_and_back(as_staff, session, acme):
    who = as_staff("analyst").at(acme)
    survey = surveys.create_from_template(session, "nps", zone="Europe/Vienna", name="How was it")
    with later(minutes=16):
        asked = who.get("console.surveys.csv", survey, expect=303)
        page = who.get(who.submit(who.get(asked.location), "/proof", proof_password=PASSWORD).location)
        file = f"/console/surveys/{survey.id}/responses.csv"
        assert f'<meta http-equiv="refresh" content="0; url={file}">' in page.text  # begins without a script
        assert f'href="{file}"' in page.text
        assert f'href="/console/surveys/{survey.id}/responses"' in page.text
        assert "Is it you?" not in text_of(page)
        assert who.get(file).mimetype == "text/csv"


def test_a_prepared_file_is_fetched_or_begun_anew_after_the_question_alone(as_staff, session, acme):
    who = as_staff("analyst").at(acme)
    work = long_jobs.start(session, answers_csv, by=Actor("staff", who.member_id), filename="visit.csv")
    work.state, work.ended_at = "failed", now()
    session.flush()
    with later(minutes=16):
        for file in ("console.jobs.result", "console.jobs.errors"):
            assert "/security/proof" in who.get(file, work, expect=303).location
        page = who.post("console.jobs.start_again", work, expect=200)
        assert len(session.scalars(select(LongJob)).all()) == 1
        who.submit(page, "/attempts", proof_password=PASSWORD)
    assert len(session.scalars(select(LongJob)).all()) == 2


def test_the_record_of_deeds_is_offered_after_the_question_and_then_fetched_without_one(as_staff, acme):
    who = as_staff("admin").at(acme)
    typed = {"key": new_id().hex, "category": "settings"}
    with later(minutes=16):
        asked = who.post("console.settings.export_audit", data=typed, expect=200)
        offered = who.submit(asked, "/audit/export", expect=200, proof_password=PASSWORD)
        assert "Your file is ready" in text_of(offered)
        assert PASSWORD not in offered.text
        assert 'href="/console/settings/audit"' in offered.text
        assert who.submit(offered, "/audit/export", expect=200).mimetype == "text/csv"


def test_the_page_that_starts_a_file_leads_on_to_what_is_no_file_and_nowhere_else(as_staff, acme):
    who, page = as_staff("admin").at(acme), "/console/security/download?next="
    assert who.get(page + "/console/settings/brand", expect=302).location == "/console/settings/brand"
    assert who.get(page + "//evil.example/responses.csv", expect=302).location == "/console/security/"


def test_every_file_behind_the_question_says_where_one_goes_on(app):
    """Who adds an address behind the question says whether it is a page or a file."""
    opened = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint in app.policy and app.policy[rule.endpoint].fresh
    }
    assert opened - set(DOWNLOADS) == {"console.settings.webhook_secret"}


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


def test_the_code_of_a_sign_up_stands_for_the_password_that_was_typed_for_it(visitor, session, acme, ada):
    who = visitor().at(acme)
    code = sign_in.make_code(session, who.app.services.settings, ada, proved=True)
    who.get("console.enter", code, expect=303)
    who.submit(who.get("console.second_factor.show"), "/second-factor/app")
    with later(minutes=16):
        page = who.submit(who.get("console.second_factor.show"), "/second-factor/app", expect=200)
        assert "Is it you?" in text_of(page)
    who.get("console.enter", code, expect=404)


def test_a_code_that_claims_to_be_a_password_without_our_signature_opens_nothing(visitor, session, acme, ada):
    who = visitor().at(acme)
    body, _, mac = sign_in.make_code(session, who.app.services.settings, ada).partition(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(said | {"proved": True}).encode()).decode().rstrip("=")
    who.get("console.enter", f"{forged}.{mac}", expect=404)


def test_a_reset_link_lets_nobody_in_and_the_sign_in_after_it_is_the_proof(visitor, session, acme, ada):
    who, new = visitor().at(acme), "seven lonely copper gates"
    token = sign_in.reset_link(who.app.services.settings, acme.id, ada)
    who.submit(who.get(f"/console/reset/{token}"), "/reset/", password=new)
    assert "/sign-in" in who.get("console.second_factor.show", expect=303).location
    sign_in_as(who, ada.email, new)
    who.submit(who.get("console.second_factor.show"), "/second-factor/app")
    who.get("console.second_factor.app")


def test_a_question_that_is_loaded_again_by_its_address_leads_back_to_the_page_of_its_form(as_staff, acme):
    who = as_staff("admin").at(acme)
    person = f"/console/settings/people/{who.member_id}"
    for address, page in ((f"{person}/role", person), ("/console/customers/views", "/console/customers")):
        answer = who.get(address, expect=405)
        assert "Nothing was changed by opening this address." in text_of(answer)
        assert f'href="{page}"' in answer.text
        who.get(page)
