"""The further types in the console: set, shown, asked for by conditions, told of in results."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup, Tag
from PIL import Image
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef
from infra.services import Services
from surveys import intake, publishing, surveys
from surveys.definition import TYPES, dump, parse
from surveys.intake import Submission, Target
from surveys.models import Survey
from tests.surveys.kinds import STORED, further
from tests.surveys.making import on
from tests.web.story import Person, text_of
from web.console.surveys.type_names import GROUPS, TYPE_NAMES

WITHIN = {name: value for name, value in STORED.items() if name not in ("date", "likely")}
"""What can be answered on any day."""


@pytest.fixture
def editor(as_staff: Any, acme: TenantRef) -> Person:
    person: Person = as_staff("owner").at(acme)
    return person


@pytest.fixture
def survey(session: Session) -> Survey:
    source = further()
    source["blocks"][3]["questions"][0]["show_if"] = {
        "all": [
            on("count", "more_than", -2.5),
            on("slide", "at_most", 60),
            on("date", "at_least", "2026-01-01"),
            on("single", "answered"),
        ]
    }
    return surveys.create_from_document(session, "All kinds", source, zone="UTC")


def fields_of(page: str) -> dict[str, Any]:
    """The editor's form as a browser would send it back."""
    form = BeautifulSoup(page, "html.parser").find("form", id="editor")
    assert isinstance(form, Tag)
    found: dict[str, Any] = {}
    for field in form.select("input, textarea, select"):
        name, kind = field.get("name"), field.get("type")
        if not name or kind == "file" or (kind == "checkbox" and not field.has_attr("checked")):
            continue
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            value = chosen["value"] if chosen else ""
        else:
            value = field.text if field.name == "textarea" else field.get("value", "yes")
        found.setdefault(str(name), []).append(value)
    return found


def test_a_form_that_is_sent_back_as_it_came_changes_nothing(
    editor: Person, session: Session, survey: Survey
) -> None:
    before = dump(surveys.draft_of(survey))
    for question in parse(before).questions:
        page = editor.get("console.surveys.editor", survey, query_string={"at": question.id})
        editor.post("console.surveys.save", survey, data={**fields_of(page.text), "then": "stay"})
        session.refresh(survey)
        assert dump(surveys.draft_of(survey)) == before, question.id


@pytest.mark.parametrize(
    ("question", "name", "value", "refused"),
    [
        ("q_count", "lowest", "a few", True),
        ("q_count", "lowest", "0.5", False),
        ("q_slide", "lowest", "a few", True),
        ("q_slide", "step", "0", True),
        ("q_date", "earliest", "soon", True),
        ("q_date", "earliest", "Today + 3", False),
        ("q_split", "total", "1", True),
        ("q_proof", "max_files", "99", True),
        ("q_shown", "option.o_shown0.picture", "../../etc/passwd 1 1", False),
    ],
)
def test_settings_are_refused_beside_their_field_or_taken(
    editor: Person, survey: Survey, question: str, name: str, value: str, refused: bool
) -> None:
    page = editor.get("console.surveys.editor", survey, query_string={"at": question})
    fields = {**fields_of(page.text), name: value, "then": "stay"}
    shown = editor.post("console.surveys.save", survey, data=fields, expect=422 if refused else 303)
    if refused:
        field = BeautifulSoup(shown.text, "html.parser").select_one(f"input[name='{name}']")
        assert field is not None
        assert (field["aria-invalid"], field["value"]) == ("true", value)


def test_each_type_can_be_added_and_opened(editor: Person, session: Session, survey: Survey) -> None:
    for kind in TYPES:
        page = editor.get("console.surveys.editor", survey)
        fields = {**fields_of(page.text), "then": "add-question", "kind": kind}
        made = editor.post("console.surveys.save", survey, data=fields)
        assert text_of(editor.get(made.location))
        session.refresh(survey)


def test_a_picture_is_uploaded_cleaned_and_shown(editor: Person, session: Session, survey: Survey) -> None:
    page = editor.get("console.surveys.editor", survey, query_string={"at": "q_shown"})
    image = BytesIO()
    Image.new("RGB", (1600, 1200), "navy").save(image, "PNG")
    image.seek(0)
    fields = {**fields_of(page.text), "then": "stay"}
    fields["option.o_shown0.picture"] = [*fields["option.o_shown0.picture"], (image, "cat.png")]
    editor.post("console.surveys.save", survey, data=fields, content_type="multipart/form-data")
    session.refresh(survey)
    shown = next(q for q in surveys.draft_of(survey).questions if q.id == "q_shown").options[0].picture
    assert shown is not None
    assert (shown.width, shown.height, shown.alt["en"]) == (800, 600, "cat")
    with editor.get(f"/pictures/{shown.file}") as answer:
        assert answer.mimetype == "image/png"
        assert "immutable" in answer.headers["Cache-Control"]
    editor.get("/pictures/..%2Fbrand%2Flogo.png", expect=404)

    fields = fields_of(editor.get("console.surveys.editor", survey, query_string={"at": "q_shown"}).text)
    fields["option.o_shown0.picture"] = [*fields["option.o_shown0.picture"], (BytesIO(b"<svg/>"), "x.svg")]
    page = editor.post("console.surveys.save", survey, data=fields, content_type="multipart/form-data", expect=422)
    assert "SVG files are not accepted" in text_of(page)


def test_results_tell_of_every_type_and_single_answers_in_words(
    editor: Person, session: Session, survey: Survey, joined: Services
) -> None:
    publishing.publish(session, survey)
    live = publishing.find_live(session, survey.address)
    assert live is not None
    answers = {f"q_{name}": value for name, value in WITHIN.items()}
    answers |= {
        "q_date": clock.now().date().isoformat(),
        "q_likely": 3,
        "q_likely.reason": "Too slow.",
        "q_single": {"price": "good", "taste": "bad"},
    }
    for _ in range(2):
        sent = Submission(key=uuid4(), revision=1, language="en", answers=answers)
        stored = intake.submit(session, Target.of(live), sent)
    said = text_of(editor.get("console.surveys.results", survey))
    for words in ("Mean place", "Half lie between", "Too slow.", "price"):
        assert words in said
    assert "ann@example.org" not in said  # contact data is no quotation
    one = text_of(editor.get("console.surveys.response", survey, stored.response_id))
    for words in (
        "1,234.5 km",
        "1. blue",
        "rent: 60 %",
        "price: good",
        "Am Hang 1, 10115, Berlin",
        "ann@example.org",
    ):
        assert words in one


def test_every_type_is_offered_once_under_its_name() -> None:
    offered = [kind for _, members in GROUPS for kind in members]
    assert sorted(offered) == sorted(TYPES) == sorted(TYPE_NAMES)
