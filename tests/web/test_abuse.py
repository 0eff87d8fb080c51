"""Reporting a page, what operators do about it, and rules for names, addresses and links, through the pages."""

from contextvars import Context
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from infra.clock import now
from infra.limits import Limit
from infra.mail.models import ControlOutbox, Outbox
from surveys import library, link_checks, publishing, surveys
from tenants import branding, staff
from tenants.abuse import mails, reports
from tenants.models import AbuseReport, AuditEntry, SignUp, StaffMember, Tenant
from tenants.operators import audit, telling
from tests.web.operator_story import as_operator
from tests.web.story import PASSWORD, Person, text_of
from web import create_app
from web.public import reports as report_pages
from web.visitors import counted


@pytest.fixture
def survey(session):
    made = surveys.create_from_template(session, library.list_templates()[0].key, language="en", zone="UTC")
    publishing.publish(session, made)
    session.flush()
    return made


@pytest.fixture
def guest(app, acme):
    app.services.queues.connection.flushdb()
    return Person(app).at(acme)


def open_form(guest, survey=None):
    about = f"?about=/s/{survey.address}" if survey else ""
    return guest.get(f"/report{about}")


def send(guest, page, *, expect=303, **typed):
    return guest.submit(page, "/report", expect=expect, **{"reason": "phishing", "words": "", "email": "", **typed})


def all_reports(joined):
    with joined.db.control_session() as session:
        return session.scalars(select(AbuseReport).order_by(AbuseReport.id)).all()


# Reporting


def test_every_public_page_leads_to_the_report(guest, survey):
    for path in (f"/s/{survey.address}", f"/s/{survey.address}/thanks"):
        link = BeautifulSoup(guest.get(path).text, "html.parser").select_one(".report a")
        assert link["href"] == f"/report?about=/s/{survey.address}"
    page = guest.get("/report")
    assert BeautifulSoup(page.text, "html.parser").select_one(".report a") is None


def test_the_preview_in_the_console_has_no_such_link(as_staff, acme, survey):
    page = as_staff("editor").at(acme).get("console.surveys.preview", survey)
    assert "/report" not in page.text


def test_a_visitor_reports_a_page_without_cookie_and_script(guest, survey, joined, acme):
    page = open_form(guest, survey)
    assert "Set-Cookie" not in page.headers
    assert "<script" not in page.text
    assert len(page.data) < 6000
    sent = send(guest, page, words="It asks for my\ncard number.", email=" eve@visitor.example ")
    assert "arrived" in text_of(back := guest.get(sent.location))
    assert f'href="/s/{survey.address}"' in back.text
    (row,) = all_reports(joined)
    assert (row.tenant_id, row.survey_id, row.path) == (acme.id, survey.id, f"/s/{survey.address}")
    with joined.db.control_session() as session:
        shown = reports.show(session, joined.keys, row.id)
    assert shown.words == "It asks for my\ncard number."
    assert joined.keys.platform.decrypt(row.email) == "eve@visitor.example"


def test_the_same_form_sent_twice_is_one_report(guest, survey, joined):
    page = open_form(guest, survey)
    send(guest, page)
    send(guest, page, words="again")
    assert len(all_reports(joined)) == 1


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(guest, joined):
    page = send(guest, open_form(guest), reason="", words="Because <b>", email="not an address", expect=422)
    words = text_of(page)
    assert "Choose what is wrong" in words
    assert "such as ann@example.org" in words
    assert "Because &lt;b&gt;" in page.text
    assert 'value="not an address"' in page.text
    again = send(guest, page, words="Because <b>", email="")
    assert again.status_code == 303
    assert len(all_reports(joined)) == 1


def test_a_token_of_another_tenant_or_none_is_refused(guest, app, globex, joined):
    page = open_form(Person(app).at(globex))
    send(guest, page, expect=422)
    guest.post("/report", data={"reason": "spam"}, expect=422)
    guest.post("/report", data={"reason": "spam", "_token": "x.y"}, expect=422)
    assert all_reports(joined) == []


def test_too_many_reports_of_a_page_from_one_network_wait_and_keep_what_was_typed(guest, monkeypatch):
    monkeypatch.setattr(report_pages, "PAGE", Limit(1, 3600))
    send(guest, open_form(guest))
    page = send(guest, open_form(guest), words="One more", expect=429)
    assert "60 minutes" in text_of(page)
    assert "One more" in page.text
    assert 'value="phishing" checked' in page.text


def test_a_network_that_spent_its_reports_of_one_page_reports_another(guest, survey, monkeypatch):
    monkeypatch.setattr(report_pages, "PAGE", Limit(1, 3600))
    send(guest, open_form(guest))
    send(guest, open_form(guest), expect=429)
    send(guest, open_form(guest, survey))


def test_a_network_that_reports_everything_everywhere_waits(guest, app, globex, survey, monkeypatch):
    monkeypatch.setattr(report_pages, "EACH", Limit(2, 3600))
    other = Person(app).at(globex)
    send(guest, open_form(guest))
    send(other, open_form(other))
    send(guest, open_form(guest, survey), expect=429)


def test_nobody_silences_what_others_report_about_a_workspace(guest, joined, monkeypatch):
    for number in range(250):
        _from(guest, open_form(guest), f"198.51.{number % 5}.{number}", 303)
    _from(guest, open_form(guest), "192.0.2.99", 303)
    assert len(all_reports(joined)) == 251


def test_when_all_networks_together_have_reported_too_much_a_first_report_still_passes(guest, monkeypatch):
    monkeypatch.setattr(report_pages, "EVERYBODY", Limit(1, 3600))
    for expect in (303, 303, 429):
        _from(guest, open_form(guest), "192.0.2.1", expect)
    _from(guest, open_form(guest), "192.0.2.2", 303)
    _from(guest, open_form(guest), "192.0.2.2", 429)


def _from(person, page, address, status):
    form = BeautifulSoup(page.text, "html.parser").find("form")
    data = {"_token": form.find("input", attrs={"name": "_token"})["value"], "reason": "spam"}
    person.post("/report", data=data, environ_base={"REMOTE_ADDR": address}, expect=status)


@pytest.mark.parametrize(
    "about", ["//evil.example", "/console/", "/s/../x", "javascript:1", "/s/" + "a" * 300, "/s/a b"]
)
def test_only_pages_of_this_host_can_be_reported(guest, joined, about):
    page = guest.get("/report", query_string={"about": about})
    send(guest, page)
    (row,) = all_reports(joined)
    assert (row.path, row.survey_id) == ("/", None)


# Operators


@pytest.fixture
def reported(guest, survey, joined):
    send(guest, open_form(guest, survey), words="Look at <i>this</i>.", email="eve@visitor.example")
    return all_reports(joined)[0]


def test_the_queue_shows_what_waits_and_a_report_in_full(app, reported):
    operator = as_operator(app)
    queue = operator.get("operator.abuse.index")
    assert "passwords, card numbers" in text_of(queue)
    page = operator.get("operator.abuse.detail", reported.id)
    assert "Look at &lt;i&gt;this" in page.text
    assert "eve@visitor.example" not in page.text
    assert "Nothing was decided yet" in text_of(operator.get("/operator/abuse/?show=decided"))


def test_dismissing_ends_the_report_and_tells_the_visitor(app, reported, joined):
    operator = as_operator(app)
    operator.post("operator.abuse.decide", reported.id, data={"decision": "dismiss"})
    with joined.db.control_session() as session:
        assert session.get(AbuseReport, reported.id).state == "dismissed"
        assert session.scalars(select(ControlOutbox.purpose).where(ControlOutbox.ref_id == reported.id)).all()
        (entry,) = audit.list_entries(session, operator=operator.operator_id, action="abuse.decided")
        assert entry.subject_id == reported.id
    operator.post("operator.abuse.decide", reported.id, data={"decision": "withdraw"}, expect=409)


def test_closing_the_survey_is_noted_on_both_sides_and_the_admins_are_told(
    app, reported, survey, session, guest, acme
):
    staff.add(session, name="Ada", email="ada@acme.example", role="admin", password_hash=None, locale="en")
    session.flush()
    operator = as_operator(app)
    operator.post("operator.abuse.decide", reported.id, data={"decision": "withdraw"})
    session.refresh(survey)
    assert survey.live_version_id is None
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "survey.closed_by_platform")).one()
    assert (entry.actor_kind, entry.actor_id, entry.subject_id) == ("operator", operator.operator_id, survey.id)
    assert session.scalars(select(Outbox.purpose).where(Outbox.purpose == mails.CLOSED_MAIL)).all()


def test_suspending_wants_the_address_typed(app, reported, joined, acme, session):
    operator = as_operator(app)
    page = operator.post(
        "operator.abuse.decide", reported.id, data={"decision": "suspend", "typed": "x"}, expect=422
    )
    assert "Type the address of the workspace" in text_of(page)
    with joined.db.control_session() as control:
        assert control.get(AbuseReport, reported.id).state == "open", "a refused decision leaves nothing behind"
    operator.post("operator.abuse.decide", reported.id, data={"decision": "suspend", "typed": acme.slug})
    with joined.db.control_session() as control:
        assert control.get(Tenant, acme.id).state == "suspended"
        assert control.get(AbuseReport, reported.id).state == "acted"
    Context().run(telling.tell_tenants, app.services, None)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == telling.SUSPENDED)).one()
    assert (entry.actor_id, entry.data["cause"]) == (operator.operator_id, "abuse")


def test_a_decision_that_broke_off_is_carried_out_with_the_same_button(app, reported, survey, session, monkeypatch):
    from web.platform.operator import abuse

    operator = as_operator(app)

    def dies(report, by):
        raise RuntimeError("killed here")

    monkeypatch.setattr(abuse, "_carry_out", dies)
    operator.post("operator.abuse.decide", reported.id, data={"decision": "withdraw"}, expect=500)
    monkeypatch.undo()
    assert "broke off half way" in text_of(operator.get("operator.abuse.detail", reported.id))
    operator.post("operator.abuse.decide", reported.id, data={"decision": "dismiss"}, expect=409)
    operator.post("operator.abuse.decide", reported.id, data={"decision": "withdraw"})
    session.refresh(survey)
    assert survey.live_version_id is None


def test_staff_and_visitors_do_not_reach_the_queue(app, acme):
    Person(app).get("/operator/abuse/", expect=303)
    Person(app, role="owner").at(acme).get("/operator/abuse/", expect=404)


# Signing up


@pytest.fixture
def wish(app):
    app.services.queues.connection.flushdb()
    slug = "bakery-" + uuid4().hex[:8]
    return {"business_name": "Bäckerei Öz", "slug": slug, "email": f"ada@{slug}.example", "password": PASSWORD,
            "owner_name": "Ada", "name": "Ada"}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("email", "ada@mailinator.com", "will not last"),
        ("business_name", "PayPal Support", "name of another business"),
        ("business_name", "win at evil.com", "no web address"),
        ("slug", "paypal-support", "name of another business"),
    ],
)
def test_a_sign_up_that_is_not_what_it_says_is_refused_beside_the_field(app, joined, wish, field, typed, sentence):
    person = Person(app)
    page = person.submit(person.get("platform.sign_up"), "/sign-up", expect=422, **{**wish, field: typed})
    assert sentence in text_of(page)
    assert f'value="{typed}"' in page.text
    with joined.db.control_session() as session:
        assert session.scalars(select(SignUp).where(SignUp.slug == wish["slug"])).first() is None


def test_the_other_half_of_an_ipv6_address_is_the_same_visitor(app, wish, monkeypatch):
    from web.platform import sign_up

    monkeypatch.setattr(sign_up, "_COUNTED", counted("forms", Limit(1, 3600), Limit(100, 3600)))
    person = Person(app)

    def ask(address, expect):
        page = person.get("platform.find_workspace")
        return person.send(
            "POST", "platform.send_workspaces", expect=expect, environ_base={"REMOTE_ADDR": address},
            data={"csrf_token": _token(page), "email": "ada@acme.example"},
        )  # fmt: skip

    ask("2001:db8:1:2::1", 303)
    refused = ask("2001:db8:1:2:ffff::9", 429)
    assert "60 minutes" in text_of(refused)
    assert 'value="ada@acme.example"' in refused.text
    ask("2001:db8:1:3::1", 303)


def _token(page):
    return BeautifulSoup(page.text, "html.parser").find("input", attrs={"name": "csrf_token"})["value"]


# Links in surveys


def write(session, survey, text):
    """Puts a text into the thanks of the draft."""
    languages = survey.draft["languages"]
    survey.draft = {**survey.draft, "thanks": dict.fromkeys(languages, text)}
    survey.draft_revision += 1
    session.flush()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Win at https://bit.ly/abc", "hides where the link leads"),
        ("See http://192.0.2.7/x", "network address"),
        ("See https://раураl.com/", "looks like another name"),
        ("https://paypal.com@evil.example/", "before the @"),
        ("a.com b.com c.com d.com", "at most 3 other sites"),
    ],
)
def test_a_young_workspace_does_not_publish_links_that_hide(as_staff, acme, session, survey, text, sentence):
    write(session, survey, text)
    page = as_staff("editor").at(acme).post("console.surveys.publish", survey, expect=422)
    assert sentence in text_of(page)
    write(session, survey, "Thank you. See https://acme.example/offers")
    as_staff("editor").at(acme).post("console.surveys.publish", survey)


def test_a_title_holds_no_link(session, survey):
    languages = survey.draft["languages"]
    survey.draft = {**survey.draft, "title": dict.fromkeys(languages, "Go to https://acme.example")}
    assert set(publishing.problems(session, survey)) == {f"/title/{language}" for language in languages}


def test_programs_are_told_the_same(with_key, acme, session, survey):
    write(session, survey, "https://bit.ly/abc")
    program = with_key("surveys.publish").at(acme)
    answer = program.send(
        "POST", "api_v1.versions.open_publication", survey, expect=422, headers={"Idempotency-Key": str(uuid4())}
    )
    assert "bit.ly" in answer.json["errors"]["/thanks/en"][0]


def test_a_workspace_with_a_history_or_trust_writes_what_it_likes(session, survey):
    write(session, survey, "https://bit.ly/abc and https://раураl.com/")
    assert publishing.problems(session, survey)
    settings = branding.changed(session)
    settings.allowed_hosts = ["bit.ly", "раураl.com"]
    session.flush()
    assert not publishing.problems(session, survey)
    settings.allowed_hosts = []
    settings.trusted = True
    session.flush()
    assert not publishing.problems(session, survey)


def test_history_is_age_and_answers_and_lookalikes_never_pass(session, survey, monkeypatch):
    member = staff.add(session, name="Ada", email="ada@acme.example", role="owner", password_hash=None, locale="en")
    session.flush()
    assert link_checks.standing_of(session) == "new"
    session.execute(
        update(StaffMember).where(StaffMember.id == member.id).values(created_at=now() - timedelta(days=30))
    )
    assert link_checks.standing_of(session) == "new"
    monkeypatch.setattr(link_checks, "ANSWERS", 0)
    assert link_checks.standing_of(session) == "proven"
    write(session, survey, "https://bit.ly/abc")
    assert not publishing.problems(session, survey)
    write(session, survey, "https://раураl.com/")
    assert publishing.problems(session, survey)


@pytest.fixture
def holding(joined):
    app = create_app(replace(joined, settings=replace(joined.settings, link_rules="hold")))
    yield app
    link_checks.configure("refuse")


@pytest.mark.parametrize("decision", ["allow", "trust"])
def test_held_links_go_to_operators_who_let_them_pass(holding, acme, session, survey, joined, decision):
    staff.add(session, name="Ada", email="ada@acme.example", role="admin", password_hash=None, locale="en")
    write(session, survey, "https://bit.ly/abc")
    editor = Person(holding, role="editor").at(acme)
    for _ in range(2):
        assert "Publication is held" in text_of(editor.post("console.surveys.publish", survey, expect=422))
    (row,) = all_reports(joined)
    assert (row.kind, row.survey_id, row.found) == ("held", survey.id, {"hosts": ["bit.ly"]})
    operator = as_operator(holding)
    assert "bit.ly" in text_of(operator.get("operator.abuse.detail", row.id))
    operator.post("operator.abuse.decide", row.id, data={"decision": decision})
    assert session.scalars(select(Outbox.purpose).where(Outbox.purpose == mails.PASSED_MAIL)).all()
    session.expire_all()
    editor.post("console.surveys.publish", survey)
    actions = set(session.scalars(select(AuditEntry.action)))
    assert {"settings.links_allowed", "settings.trusted"} & actions


def test_other_faults_are_not_held(holding, acme, session, survey, joined):
    survey.draft = {**survey.draft, "blocks": [{**survey.draft["blocks"][0], "questions": []}]}
    session.flush()
    editor = Person(holding, role="editor").at(acme)
    assert "Publication is held" not in text_of(editor.post("console.surveys.publish", survey, expect=422))
    assert all_reports(joined) == []
