"""Surveys in the console, as their owners go through it."""

from uuid import uuid4

import pytest
from bs4 import BeautifulSoup

from surveys import library, publishing, surveys
from surveys.intake import Submission, Target, submit
from tests.web.story import Person as Visitor
from tests.web.story import text_of

PAGES = ["editor", "publication", "share", "results", "responses", "manage", "withdrawal", "deletion", "preview"]


@pytest.fixture
def editor(as_staff, acme):
    return as_staff("editor").at(acme)


@pytest.fixture
def owner(as_staff, acme):
    return as_staff("owner").at(acme)


@pytest.fixture
def survey(session):
    return surveys.create_from_template(session, "nps", zone="Europe/Vienna")


@pytest.fixture
def live(session, survey):
    publishing.publish(session, survey)
    return publishing.find_live(session, survey.address)


def answer(session, live, point, words=""):
    first, second, *_ = live.definition.questions
    answers = {first.id: point} | ({second.id: words} if words else {})
    submit(session, Target.of(live), Submission(key=uuid4(), revision=1, language="en", answers=answers))


def typed(page, form_id="editor"):
    """The fields of the editor as a browser would send them."""
    form = BeautifulSoup(page.text, "html.parser").find("form", id=form_id)
    found = {f["name"]: f.get("value", "") for f in form.find_all("input") if f.get("type") not in ("checkbox",)}
    found |= {f["name"]: f.get("value", "yes") for f in form.find_all("input", type="checkbox", checked=True)}
    return found | {f["name"]: f.text for f in form.find_all("textarea")}


def test_an_empty_workspace_is_led_to_its_first_survey(editor):
    assert "Ask your first question" in text_of(editor.get("console.surveys.index"))
    home = text_of(editor.get("console.home.index"))
    assert "0 of 4 done" in home
    assert "Every template is ready to use" in home


def test_a_template_becomes_a_survey_and_the_editor_opens(editor):
    made = editor.submit(editor.get("console.surveys.gallery"), "/console/surveys")
    assert "Not published" in text_of(editor.get(made.location))


def test_an_empty_survey_needs_a_name(editor):
    page = editor.post("console.surveys.create", data={"name": " ", "language": "en"}, expect=422)
    assert "needs a name" in text_of(page)


@pytest.mark.parametrize("endpoint", PAGES)
def test_every_page_of_a_survey_opens_before_and_after_answers(owner, session, survey, endpoint):
    owner.get(f"console.surveys.{endpoint}", survey)
    publishing.publish(session, survey)
    answer(session, publishing.find_live(session, survey.address), 9, "Lovely <b>coffee</b>")
    assert "<b>coffee" not in owner.get(f"console.surveys.{endpoint}", survey).text


@pytest.mark.parametrize("endpoint", PAGES)
def test_another_tenants_survey_is_not_there(as_staff, globex, survey, endpoint):
    as_staff("owner").at(globex).get(f"console.surveys.{endpoint}", survey, expect=404)


def test_who_may_only_read_sees_no_verbs_and_is_refused(as_staff, acme, survey):
    viewer = as_staff("viewer").at(acme)
    assert "New survey" not in text_of(viewer.get("console.surveys.index"))
    viewer.get("console.surveys.editor", survey, expect=403)
    viewer.post("console.surveys.publish", survey, expect=403)
    viewer.get("console.surveys.csv", survey, expect=403)


def test_what_was_typed_is_saved_with_any_button(editor, session, survey):
    page = editor.get("console.surveys.editor", survey)
    fields = typed(page) | {"text.en": "Would you come back?", "then": "add-question", "kind": "csat"}
    editor.post("console.surveys.save", survey, data=fields)
    session.refresh(survey)
    draft = surveys.draft_of(survey)
    assert [q.type for q in draft.questions][:2] == ["nps", "csat"]
    assert next(draft.questions).text["en"] == "Would you come back?"


def test_a_refused_form_keeps_every_word_and_says_why_beside_the_field(editor, session, survey):
    fields = typed(editor.get("console.surveys.editor", survey)) | {"text.en": "Kept words", "code": "Not a code"}
    page = editor.post("console.surveys.save", survey, data=fields, expect=422)
    html = BeautifulSoup(page.text, "html.parser")
    assert html.find("textarea", attrs={"name": "text.en"}).text == "Kept words"
    code = html.find("input", attrs={"name": "code"})
    assert code["aria-invalid"] == "true"
    assert "a to z" in html.find(id=code["aria-describedby"].split()[0]).text
    session.refresh(survey)
    assert survey.draft_revision == 1


def test_two_who_edit_at_once_both_keep_their_words(editor, session, survey):
    fields = typed(editor.get("console.surveys.editor", survey))
    editor.post("console.surveys.save", survey, data=fields | {"text.en": "Theirs"})
    page = editor.post("console.surveys.save", survey, data=fields | {"text.en": "Mine"}, expect=409)
    assert "Somebody else saved this survey" in text_of(page)
    again = typed(page)
    assert again["text.en"] == "Mine"
    editor.post("console.surveys.save", survey, data=again)
    session.refresh(survey)
    assert next(surveys.draft_of(survey).questions).text["en"] == "Mine"


def test_words_about_a_question_that_was_deleted_meanwhile_are_shown(editor, survey):
    fields = typed(editor.get("console.surveys.editor", survey))
    editor.post("console.surveys.remove", survey, data={"at": fields["at"], "revision": fields["revision"]})
    page = editor.post("console.surveys.save", survey, data=fields | {"text.en": "My long thought"}, expect=409)
    assert "deleted by somebody else" in text_of(page)
    assert "My long thought" in text_of(page)


@pytest.mark.parametrize(
    "change",
    [
        {"revision": "x"},
        {"revision": "-1"},
        {"revision": "9" * 40},
        {"at": ""},
        {"at": "q_" + "z" * 900},
        {"then": "\x00" * 90},
        {"text.en": "nul\x00"},
        {"code": "𝔬" * 500},
        {"show.0.left": "q_nope", "show.0.operator": "equals"},
        {"jump.0.to": "../../etc", "jump.0.left": ""},
        {"kind": "exploit", "then": "add-question"},
        {"then": "option-remove:o_none"},
    ],
)
def test_a_hostile_editor_form_is_refused_or_harmless(editor, session, survey, change):
    fields = typed(editor.get("console.surveys.editor", survey))
    address = editor.address("console.surveys.save", survey)
    status = editor.client.post(
        address, data=fields | change, base_url=f"http://{editor.host}", headers={"X-CSRFToken": editor.csrf()}
    ).status_code
    assert status in {303, 404, 409, 422}
    session.refresh(survey)
    assert surveys.draft_of(survey)


def test_a_survey_with_gaps_is_not_published_and_each_gap_is_linked(editor, session):
    survey = surveys.create(session, "Ideas", zone="Europe/Vienna")
    page = editor.post("console.surveys.publish", survey, expect=422)
    assert "One part is not ready to publish" in text_of(page)
    assert BeautifulSoup(page.text, "html.parser").select_one("ol a[href*='check=1']")


def test_published_shared_closed_and_deleted(owner, session, survey):
    assert "/share" in owner.post("console.surveys.publish", survey).location
    assert f"/s/{survey.address}" in text_of(owner.get("console.surveys.share", survey))
    assert owner.get("console.surveys.qr_svg", survey).mimetype == "image/svg+xml"
    assert owner.get("console.surveys.qr_png", survey).data.startswith(b"\x89PNG")
    answer(session, publishing.find_live(session, survey.address), 10)
    owner.post("console.surveys.withdraw", survey)
    assert publishing.find_live(session, survey.address) is None
    refused = owner.post("console.surveys.delete", survey, data={"confirm": "wrong"}, expect=409)
    assert "Nothing was deleted" in text_of(refused)
    owner.post("console.surveys.delete", survey, data={"confirm": survey.name})
    owner.get("console.surveys.results", survey, expect=404)


def test_results_state_the_score_with_interval_and_base(owner, session, live, survey):
    for point in (10, 10, 9, 9, 9, 8, 7, 3):
        answer(session, live, point, "Warm bread")
    page = text_of(owner.get("console.surveys.results", survey))
    assert "NPS 50 (" in page
    assert "n = 8" in page
    assert "Base: 8 people" in page
    assert "Warm bread" in page
    assert "NPS 50" in text_of(owner.get("console.home.index"))


@pytest.mark.parametrize(
    "query",
    ["period=9", "period=own&first=x", "period=own&first=2026-02-01&last=2026-01-01", "unit=year", "first=%00"],
)
def test_a_damaged_period_is_refused_in_words(owner, survey, query):
    address = owner.address("console.surveys.results", survey)
    expected = 200 if query.startswith("first") else 422
    owner.get(f"{address}?{query}", expect=expected)


def test_answers_are_listed_read_and_downloaded(owner, session, live, survey):
    answer(session, live, 9, "=HYPERLINK(1)")
    answer(session, live, 2)
    listed = owner.get("console.surveys.responses", survey)
    assert "2 of 2" in text_of(listed)
    address = owner.address("console.surveys.responses", survey)
    assert "1 of 1" in text_of(owner.get(f"{address}?camp=detractors"))
    owner.get(f"{address}?after=%%%", expect=422)
    one = BeautifulSoup(listed.text, "html.parser").select_one("tbody th a")["href"]
    assert "of 10" in text_of(owner.get(one))
    file = owner.get("console.surveys.csv", survey)
    assert file.mimetype == "text/csv"
    assert "'=HYPERLINK(1)" in file.text


def test_a_preview_leads_through_the_draft_and_stores_nothing(editor, session, survey):
    page = editor.get("console.surveys.preview", survey)
    assert "Nothing you enter is stored" in text_of(page)
    first = next(surveys.draft_of(survey).questions)
    form = BeautifulSoup(page.text, "html.parser").find("form")
    fields = {f["name"]: f["value"] for f in form.find_all("input", type="hidden")}
    for _ in range(4):
        page = editor.post(
            "console.surveys.preview", survey, data=fields | {first.id: "9", "_go": "next"}, expect=200
        )
        found = BeautifulSoup(page.text, "html.parser").find("form")
        if found is None:
            break
        fields = {f["name"]: f["value"] for f in found.find_all("input", type="hidden")}
    assert "End of the preview" in text_of(page)


def test_a_moved_survey_and_a_taken_address(owner, session, survey):
    other = surveys.create(session, "Other", zone="Europe/Vienna")
    page = owner.post("console.surveys.move", survey, data={"address": other.address}, expect=409)
    assert "already has this address" in text_of(page)
    assert "small letters" in text_of(
        owner.post("console.surveys.move", survey, data={"address": "Not OK"}, expect=422)
    )
    owner.post("console.surveys.move", survey, data={"address": "new-place"})
    session.refresh(survey)
    assert survey.address == "new-place"


def test_the_console_speaks_the_members_language(owner, session, survey):
    from tenants.models import StaffMember

    session.get(StaffMember, owner.member_id).locale = "de"
    session.flush()
    page = owner.get("console.surveys.index")
    assert '<html lang="de"' in page.text
    assert "Umfragen" in text_of(page)


def test_vendored_files_are_as_they_were_released(app):
    import hashlib
    import json
    from pathlib import Path

    folder = Path(app.static_folder) / "vendor"
    listed = {entry["file"]: entry["sha256"] for entry in json.loads((folder / "vendored.json").read_text())}
    present = {path.name for path in folder.iterdir()} - {"vendored.json"}
    assert present == set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_every_page_and_question_of_every_template_has_its_settings(app, session, acme):
    editor = Visitor(app, "editor").at(acme)
    for template in library.list_templates():
        survey = surveys.create_from_template(session, template.key, zone="UTC")
        session.flush()
        for block in surveys.draft_of(survey).blocks:
            for element in (block, *block.questions):
                editor.get(f"/console/surveys/{survey.id}/draft?at={element.id}")
