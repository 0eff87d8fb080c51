"""Staff write to one customer: what the page says before, what it keeps, and what stands there afterwards."""

import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from customers import consent, contact_rules, interactions, suppressions, topics
from customers.models import Contact, Interaction
from infra.i18n import N_
from infra.ids import new_id
from surveys import library, publishing, surveys
from tenants.permissions import SYSTEM
from tests.customers.contact_story import LINK, STAFF, somebody
from tests.customers.test_contact_sending import rules
from tests.web.story import Person as Visitor
from tests.web.story import text_of
from web.console.customers.writing_words import WAYS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from infra.db import TenantRef
    from web.application import Application

WORDS = {
    "subject": "Your <question>",
    "text": "Hello Ann,\n\nwe have it & more: https://acme.example/a.",
    "what": "message",
}


@pytest.fixture
def editor(app: "Application", acme: "TenantRef") -> Visitor:
    return Visitor(app, "editor").at(acme)


def counted(session: "Session") -> int:
    return session.scalar(select(func.count()).select_from(Contact)) or 0


def key_in(page: "TestResponse") -> str:
    found = BeautifulSoup(page.text, "html.parser").select_one("#message input[name=key]")
    assert found is not None
    return str(found["value"])


def test_it_takes_two_clicks_and_pressing_twice_sends_once(session: "Session", editor: Visitor) -> None:
    rules(session)
    person = somebody(session)
    assert f"/console/customers/{person.id}/message" in editor.get("console.customers.person", person).text
    page = editor.get("console.writing.new", person)
    assert "It goes out at once" in text_of(page)
    sent = editor.submit(page, f"/{person.id}/message", **WORDS)
    again = editor.submit(page, f"/{person.id}/message", **WORDS)
    assert sent.headers["Location"] == again.headers["Location"]
    assert counted(session) == 1
    shown = text_of(editor.get(sent.headers["Location"]))
    assert "Waits to be sent" in shown
    assert "we have it & more" in shown
    assert "Change contact" not in shown
    assert "Waits to be sent" in text_of(editor.get("console.customers.person", person))


def test_what_is_refused_keeps_every_word_gets_a_new_key_and_is_listed_with_its_reason(
    session: "Session", editor: Visitor
) -> None:
    rules(session)
    person = somebody(session)
    page = editor.get("console.writing.new", person)
    consent.withdraw(session, person.id, "message", LINK)
    refused = editor.submit(page, f"/{person.id}/message", expect=409, **WORDS)
    assert "The customer does not want this" in text_of(refused)
    assert "Only they can agree again" in text_of(refused)
    for words in ("Your &lt;question&gt;", "we have it &amp; more"):
        assert words in refused.text
    assert key_in(refused) != key_in(page)
    assert "The customer does not want this" in text_of(editor.get("/console/customers/contacts?reason=withdrawn"))
    assert session.scalar(select(func.count()).select_from(Interaction)) == 0


def test_what_nothing_holds_back_is_offered_to_whoever_answers_and_with_a_reason_to_admins(
    app: "Application", session: "Session", editor: Visitor, acme: "TenantRef"
) -> None:
    rules(session)
    person = somebody(session)
    consent.withdraw(session, person.id, "message", LINK)
    said = {"subject": "My beans", "summary": "Where are they?", "source": "mail", "staff_id": None}
    mail = interactions.log(session, person, channel="email", direction="in", by=SYSTEM, **said)  # type: ignore[arg-type]
    plain, service = editor.get("console.writing.new", person), {**WORDS, "what": "service"}
    assert 'value="service"' not in plain.text
    refused = editor.submit(plain, f"/{person.id}/message", expect=422, **service, reason="law")
    assert "A service message answers what the customer wrote" in text_of(refused)
    answer = BeautifulSoup(editor.get("console.customers.interaction", mail).text, "html.parser")
    (button,) = [link for link in answer.select("a.button") if link.get_text() == "Answer by e-mail"]
    page = editor.get(str(button["href"]))
    assert 'value="Re: My beans"' in page.text
    assert "/interactions/" in editor.submit(page, f"/{person.id}/message", **service).headers["Location"]
    admin = Visitor(app, "admin").at(acme)
    page = admin.get("console.writing.new", person)
    unsaid = admin.submit(page, f"/{person.id}/message", expect=422, **service)
    assert "Say why this goes out without asking" in text_of(unsaid)
    sent = admin.submit(page, f"/{person.id}/message", **service, reason="contract")
    assert "/interactions/" in sent.headers["Location"]
    assert counted(session) == 2


def test_other_words_in_a_form_that_was_sent_are_kept_and_go_out_only_when_it_is_pressed_again(
    session: "Session", editor: Visitor
) -> None:
    rules(session, most=5)
    person = somebody(session)
    page = editor.get("console.writing.new", person)
    editor.submit(page, f"/{person.id}/message", **WORDS)
    other = {**WORDS, "text": "What I forgot to say."}
    asked = editor.submit(page, f"/{person.id}/message", expect=409, **other)
    assert "was not sent" in text_of(asked)
    assert "What I forgot to say." in asked.text
    assert counted(session) == 1
    editor.submit(asked, f"/{person.id}/message", **other)
    assert counted(session) == 2


def test_a_survey_enclosed_is_judged_as_one_before_it_is_sent(session: "Session", editor: Visitor) -> None:
    rules(session)
    person = somebody(session)
    consent.withdraw(session, person.id, "survey", LINK)
    for survey, told in (("", "It goes out at once"), (new_id().hex, "The customer does not want this")):
        data = {"what": "message", "survey": survey}
        assert told in text_of(editor.post("console.writing.outlook", person, data=data, expect=200))


def test_the_door_is_asked_before_and_each_reason_has_its_way_out(session: "Session", editor: Visitor) -> None:
    rules(session, most=1)
    person = somebody(session, zone="Europe/Vienna")
    topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=STAFF)
    asked = {"what": "news.tastings"}
    told = text_of(editor.post("console.writing.outlook", person, data=asked, expect=200))
    assert "The customer has not agreed to this" in told
    assert "Only with consent" in told
    editor.submit(editor.get("console.writing.new", person), "/message", **WORDS)
    full = text_of(editor.post("console.writing.outlook", person, data={"what": "message"}, expect=200))
    assert "There is room again from" in full
    assert "1 of 1 messages in 14 days" in full
    suppressions.add(session, person.identity.email, kind="hard_bounce", source="dsn")
    gone = editor.post("console.writing.send", person, data={**WORDS, "verb": "look", "key": "0" * 32}, expect=200)
    assert "The address does not exist" in text_of(gone)
    assert "we have it &amp; more" in gone.text
    other = somebody(session)
    contact_rules.set_quiet_hours(session, begin=0, until=24 * 60 - 1, days=[], by=STAFF)
    session.flush()
    quiet = text_of(editor.get("console.writing.new", other))
    assert "quiet hours" in quiet
    assert "It goes out at" in quiet


def test_every_reason_that_somebody_can_do_something_about_names_it() -> None:
    from customers.contact_facts import REASONS

    assert set(REASONS) - set(WAYS) == {"unknown_person", "erased", "nothing_to_say", "taken_back"}
    assert all(N_(sentence) for sentence, _ in WAYS.values())


def test_the_preview_is_the_mail_and_can_do_nothing(session: "Session", editor: Visitor) -> None:
    rules(session)
    made = surveys.create_from_template(session, library.list_templates()[0].key, zone="UTC")
    publishing.publish(session, made)
    person = somebody(session)
    data = {**WORDS, "survey": str(made.id)}
    shown = editor.post("console.writing.preview", person, data=data, expect=200)
    assert "we have it &amp; more" in shown.text
    assert "Answer the survey" in shown.text
    policy = shown.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert re.search(r"sandbox(;|$)", policy)
    assert "frame-ancestors 'self'" in policy
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in editor.get("console.writing.new", person).headers["Content-Security-Policy"]
    refused = editor.post("console.writing.preview", person, data={**data, "subject": ""}, expect=422)
    assert "There is no preview yet" in text_of(refused)
    assert counted(session) == 0


def test_a_line_break_in_the_subject_is_refused_beside_it(session: "Session", editor: Visitor) -> None:
    person = somebody(session)
    page = editor.get("console.writing.new", person)
    refused = editor.submit(page, "/message", expect=422, **{**WORDS, "subject": "a\r\nBcc: b@example.org"})
    assert "A subject is one line" in text_of(refused)
    assert 'id="f-subject-error"' in refused.text
    editor.submit(page, "/message", expect=422, **{**WORDS, "what": "nonsense"})
    editor.submit(page, "/message", expect=422, **{**WORDS, "survey": "nonsense"})
    assert counted(session) == 0


def test_a_draft_outlives_the_session_and_an_old_form(
    app: "Application", session: "Session", editor: Visitor, acme: "TenantRef"
) -> None:
    person = somebody(session)
    path = editor.address("console.writing.send", person)
    form = {**WORDS, "key": "1" * 32, "verb": "send"}
    kept = Visitor(app).at(acme).post(path, data=form, expect=401)
    for page in (kept, editor.post(path, data=form, expect=400, headers={"X-CSRFToken": "old"})):
        assert "What you wrote is still here" in text_of(page)
        assert "we have it &amp; more" in page.text
        fields = BeautifulSoup(page.text, "html.parser").select("form textarea")
        typed = {str(field["name"]): field.get_text().removeprefix("\n") for field in fields}
        again = editor.post(path, data={**typed, "verb": "look"}, expect=200)
        assert "we have it &amp; more" in again.text
        assert key_in(again) == "1" * 32
    assert counted(session) == 0


def test_who_may_not_write_sees_no_button_and_another_workspaces_customer_is_not_found(
    app: "Application", session: "Session", acme: "TenantRef", globex: "TenantRef"
) -> None:
    person = somebody(session)
    analyst = Visitor(app, "analyst").at(acme)
    assert "/message" not in analyst.get("console.customers.person", person).text
    analyst.get("console.writing.new", person, expect=403)
    elsewhere = Visitor(app, "editor").at(globex)
    for verb in ("send", "outlook", "preview"):
        elsewhere.post(f"console.writing.{verb}", person, data={**WORDS, "key": "0" * 32}, expect=404)
