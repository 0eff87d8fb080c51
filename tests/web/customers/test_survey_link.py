"""Staff make a survey link that is one customer's alone, and send it themselves."""

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from customers.models import PersonalLink
from surveys import known, library, publishing, surveys
from tenants.models import AuditEntry
from tests.customers.contact_story import somebody
from tests.web.story import Person as Visitor
from tests.web.story import text_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from infra.db import TenantRef
    from surveys.models import Survey
    from web.application import Application


@pytest.fixture
def editor(app: "Application", acme: "TenantRef") -> Visitor:
    return Visitor(app, "editor").at(acme)


@pytest.fixture
def survey(session: "Session") -> "Survey":
    made = surveys.create_from_template(session, library.list_templates()[0].key, zone="UTC")
    publishing.publish(session, made)
    return made


def shown_in(page: "TestResponse") -> str:
    field = BeautifulSoup(page.text, "html.parser").select_one("input#link[readonly]")
    assert field is not None
    return str(field["value"])


def test_a_link_is_shown_in_a_field_names_its_person_and_pressing_twice_makes_one(
    session: "Session", editor: Visitor, survey: "Survey"
) -> None:
    person = somebody(session)
    assert f"/{person.id}/survey-link" in editor.get("console.customers.person", person).text
    page = editor.get("console.survey_link.new", person)
    asked = {"survey": str(survey.id), "days": "30", "expect": 200}
    made = shown_in(editor.submit(page, "/survey-link", **asked))  # type: ignore[arg-type]
    assert shown_in(editor.submit(page, "/survey-link", **asked)) == made  # type: ignore[arg-type]
    link = session.scalars(select(PersonalLink).where(PersonalLink.person_id == person.id)).one()
    assert round((link.expires_at - link.created_at).total_seconds() / 86_400) == 30
    token = made.partition(f"/s/{survey.address}?p=")[2]
    found = known.find(session, survey.id, known.Claim.asked(token, "", ""))
    assert found is not None
    assert (found.person_id, link.once) == (person.id, True)
    noted = select(func.count()).where(
        AuditEntry.action == "survey.link_issued", AuditEntry.subject_id == survey.id
    )
    assert session.scalar(noted) == 1
    other = shown_in(editor.submit(page, "/survey-link", **{**asked, "days": "7"}))  # type: ignore[arg-type]
    assert other != made


def test_none_is_made_to_an_anonymous_or_closed_survey_or_by_whoever_may_not_write(
    app: "Application", session: "Session", editor: Visitor, survey: "Survey", acme: "TenantRef"
) -> None:
    person = somebody(session)
    page = editor.get("console.survey_link.new", person)
    survey.identity = "anonymous"
    session.flush()
    for _ in range(2):
        refused = editor.submit(page, "/survey-link", expect=422, survey=str(survey.id), days="30")
        assert "not anonymous" in text_of(refused)
        survey.identity = "identified"
        publishing.withdraw(session, survey)
        session.flush()
    assert str(survey.id) not in editor.get("console.survey_link.new", person).text
    analyst = Visitor(app, "analyst").at(acme)
    assert "survey-link" not in analyst.get("console.customers.person", person).text
    analyst.get("console.survey_link.new", person, expect=403)
    assert session.scalar(select(func.count()).where(PersonalLink.person_id == person.id)) == 0
