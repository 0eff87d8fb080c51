"""What is done with surveys stands in the audit log and on Home; roles reach only what they may use."""

import pytest
from sqlalchemy import select

from surveys import surveys
from tenants.models import AuditEntry
from tests.web.story import text_of


@pytest.fixture
def owner(as_staff, acme):
    return as_staff("owner").at(acme)


def deeds(session):
    query = select(AuditEntry).where(AuditEntry.action.startswith("survey.")).order_by(AuditEntry.id)
    return [entry.action.removeprefix("survey.") for entry in session.scalars(query)]


def test_every_step_in_the_life_of_a_survey_is_written_down(owner, session):
    owner.submit(owner.get("console.surveys.gallery"), "/console/surveys")
    made = surveys.list_surveys(session, search="", limit=1).items[0]
    for endpoint in ("publish", "withdraw", "archive", "restore", "delete"):
        owner.post(f"console.surveys.{endpoint}", made.id)
    assert deeds(session) == ["created", "published", "withdrawn", "archived", "restored", "deleted"]


def test_what_was_refused_is_not_written_down(owner, session):
    empty = surveys.create(session, "Empty", zone="UTC")
    owner.post("console.surveys.publish", empty, expect=422)
    assert deeds(session) == []


def test_a_publication_is_told_on_home_and_in_the_audit_log(owner, session):
    survey = surveys.create_from_template(session, "nps", zone="UTC", name="After the visit")
    owner.post("console.surveys.publish", survey)
    said = "published the survey “After the visit”"
    assert said in text_of(owner.get("console.home.index"))
    assert said in text_of(owner.get("console.settings.audit_log"))


@pytest.mark.parametrize("role", ["analyst", "viewer"])
@pytest.mark.parametrize("endpoint", ["gallery", "publication", "manage"])
def test_pages_made_of_verbs_are_closed_to_those_who_only_read(as_staff, acme, session, role, endpoint):
    reader = as_staff(role).at(acme)
    survey = surveys.create_from_template(session, "nps", zone="UTC")
    page = reader.get(f"console.surveys.{endpoint}", *([] if endpoint == "gallery" else [survey]), expect=403)
    assert "An admin or the owner of the workspace can change your role" in text_of(page)
