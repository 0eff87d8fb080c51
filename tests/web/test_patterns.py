"""The style guide is there in development and nowhere else; the choice of light or dark; what a section says."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from tests.web.story import Person, text_of
from web.console.patterns import PATTERNS, PUBLIC


@pytest.fixture
def developing(app):
    """The application as it is started in development, for the one test."""
    before = app.services
    app.services = replace(before, settings=replace(before.settings, development=True))
    yield app
    app.services = before


@pytest.mark.parametrize("name", [*PATTERNS, PUBLIC])
def test_every_pattern_is_shown_in_development(developing, acme, name):
    page = Person(developing, "viewer").at(acme).get("console.patterns.show", name)
    assert page.text.count("<h1") == 1


def test_the_guide_lists_every_pattern_and_there_is_no_other(developing, acme):
    viewer = Person(developing, "viewer").at(acme)
    listed = text_of(viewer.get("console.patterns.index"))
    assert all(label in listed for label in PATTERNS.values())
    viewer.get("console.patterns.show", "made-up", expect=404)


def test_a_form_of_the_guide_says_what_a_form_says(developing, acme):
    viewer = Person(developing, "viewer").at(acme)
    viewer.post("console.patterns.try_out", "settings")
    assert "done what its button promised" in text_of(viewer.get("console.patterns.show", "settings"))
    viewer.post("console.patterns.try_out", "confirm")
    assert "Undo" in text_of(viewer.get("console.patterns.show", "list"))


def test_there_is_no_guide_in_production(app, acme):
    app.services = replace(app.services, settings=replace(app.services.settings, development=False))
    viewer = Person(app, "viewer").at(acme)
    viewer.get("console.patterns.index", expect=404)
    viewer.get("console.patterns.show", "list", expect=404)
    viewer.post("console.patterns.try_out", "list", expect=404)


def test_light_or_dark_is_remembered_by_the_browser_and_given_back_to_the_device(as_staff, acme):
    viewer = as_staff("viewer").at(acme)
    answer = viewer.post("console.appearance.save", data={"theme": "dark", "back": "/console/surveys?q=a"})
    assert answer.location == "/console/surveys?q=a"
    assert 'data-theme="dark"' in viewer.get("console.home.index").text
    viewer.post("console.appearance.save", data={"theme": "", "back": "/console/"})
    assert "data-theme" not in viewer.get("console.home.index").text


@pytest.mark.parametrize("back", ["//evil.example/console/", "https://evil.example", "/console\\evil", "", "/s/x"])
def test_the_way_back_is_a_page_of_the_console(as_staff, acme, back):
    answer = as_staff("viewer").at(acme).post("console.appearance.save", data={"theme": "light", "back": back})
    assert answer.location == "/console/"


def test_a_made_up_look_is_the_devices_own(as_staff, acme):
    viewer = as_staff("viewer").at(acme)
    viewer.post("console.appearance.save", data={"theme": "'><script>", "back": "/console/"})
    assert "data-theme" not in viewer.get("console.home.index").text


def test_a_section_of_settings_says_itself_that_it_was_saved(as_staff, acme):
    owner = as_staff("owner").at(acme)
    answer = owner.post("console.settings.save_zone", data={"zone": "Europe/Paris"})
    assert answer.location.endswith("#zone")
    page = BeautifulSoup(owner.get("console.settings.languages").text, "html.parser")
    assert "The time zone is saved" in page.select_one("#zone .notice").get_text()
    assert page.select_one("#languages .notice") is None


def test_settings_show_the_sections_that_one_may_open(as_staff, acme):
    seen = {}
    for role in ("owner", "editor"):
        page = BeautifulSoup(as_staff(role).at(acme).get("console.settings.brand").text, "html.parser")
        seen[role] = [link.get_text() for link in page.select(".sections a")]
        assert page.select_one(".sections [aria-current=page]").get_text() == "Brand"
    assert "API keys" in seen["owner"]
    assert "API keys" not in seen["editor"]
    assert set(seen["editor"]) < set(seen["owner"])


def test_what_is_archived_can_be_taken_back_from_the_same_page(as_staff, acme):
    editor = as_staff("editor").at(acme)
    editor.post("console.surveys.create", data={"template": "", "name": "Short lived", "language": "en"})
    made = BeautifulSoup(editor.get("console.surveys.index").text, "html.parser").select_one("tbody a")["href"]
    survey = made.split("/")[3]
    page = editor.get(editor.post("console.surveys.archive", survey).location)
    assert "The survey is archived" in text_of(page)
    editor.submit(page, "/restoration")
    assert "Take back" not in text_of(editor.get("console.surveys.manage", survey))
