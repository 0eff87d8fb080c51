"""Surveys in the console, as their owners go through it."""

import pytest

from surveys import surveys
from tests.web.story import text_of


@pytest.fixture
def editor(as_staff, acme):
    return as_staff("editor").at(acme)


@pytest.fixture
def survey(session):
    return surveys.create_from_template(session, "nps", zone="Europe/Vienna")


def test_an_empty_workspace_is_led_to_its_first_survey(editor):
    page = editor.get("console.surveys.index")
    assert "Ask your first question" in text_of(page)
    assert "First steps: 0 of 4 done" in text_of(editor.get("console.home.index"))


def test_a_template_becomes_a_survey_and_the_editor_opens(editor):
    made = editor.submit(editor.get("console.surveys.gallery"), "/console/surveys")
    page = editor.get(made.location)
    assert "Not published" in text_of(page)


def test_every_page_of_a_survey_opens(editor, survey, session):
    session.flush()
    for endpoint in ("editor", "publication", "share", "manage", "withdrawal", "preview"):
        editor.get(f"console.surveys.{endpoint}", survey)
