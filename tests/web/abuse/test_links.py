"""Links in the texts of young workspaces: refused, held, let pass."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from infra.clock import now
from infra.mail.models import Outbox
from surveys import link_checks, publishing
from tenants import branding, staff
from tenants.abuse import mails
from tenants.models import AuditEntry, StaffMember
from tests.web.abuse.story import all_reports
from tests.web.operator_story import as_operator
from tests.web.story import Person, text_of
from web import create_app


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
