"""The further types of questions: what is read, what is refused, what is stored and what it comes to."""

import csv
import io
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
import time_machine
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from surveys import editing, intake, results, rollups, surveys
from surveys.answers import Checked, CompiledSurvey, compile_survey, normalise
from surveys.definition import dump, parse, problems_for_publishing
from surveys.definition.changes import changed_meaning
from surveys.exports import stream
from surveys.intake import Target
from surveys.link_checks import texts_of
from surveys.models import Survey
from surveys.publishing import find_live, publish
from surveys.results import QuestionResult
from tests.surveys.kinds import GIVEN, STORED, flat, further
from tests.surveys.making import document, on, question, submission, text
from tests.surveys.test_definition import at
from tests.surveys.test_results import dispatch

NOW = "2026-11-23T11:00:00Z"


@lru_cache(1)
def compiled_once() -> CompiledSurvey:
    return compile_survey(parse(further()))


@pytest.fixture
def compiled() -> CompiledSurvey:
    return compiled_once()


def kept(checked: Checked) -> dict[str, Any]:
    """By short name; words beside an answer come in its place."""
    return {key.removeprefix("q_"): value for key, value in {**checked.answers, **checked.texts}.items()}


def test_every_type_is_read_and_written_back() -> None:
    definition = parse(further())

    assert parse(dump(definition)) == definition
    assert problems_for_publishing(definition) == {}


@time_machine.travel(NOW, tick=False)
def test_what_a_form_sends_is_stored_in_one_spelling(compiled: CompiledSurvey) -> None:
    checked = normalise(compiled, flat(GIVEN), "de")

    assert checked.problems == {}
    assert kept(checked) == STORED


@time_machine.travel(NOW, tick=False)
def test_what_was_stored_is_read_back_as_the_same(compiled: CompiledSurvey) -> None:
    sent = {f"q_{name}": value for name, value in STORED.items()}
    sent |= {"q_likely": 3, "q_likely.reason": STORED["likely"]}

    checked = normalise(compiled, sent, "en")

    assert (kept(checked), checked.problems) == (STORED, {})


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("count", "1.2.3"),
        ("count", "1e5"),
        ("count", "-6"),
        ("count", "2000001"),
        ("count", "1.234"),
        ("count", "9" * 400),
        ("count", True),
        ("count", [1]),
        ("slide", "36"),
        ("slide", 105),
        ("slide", "٣٥"),
        ("date", "2026-02-30"),
        ("date", "2026-10-01"),
        ("date", "2027-01-01"),
        ("date", "23.11.2026"),
        ("clock", "25:00"),
        ("clock", "07:59"),
        ("both", "2026-11-20"),
        ("mail", "Ann <ann@example.org>"),
        ("mail", "ann"),
        ("mail", "a@b.example\r\nBcc: c@d.example"),
        ("phone", "call me"),
        ("phone", "12"),
        ("where", {"planet": "Mars"}),
        ("where", "Am Hang 1"),
        ("where", {"city": "x" * 201}),
        ("single", {"price": "ugly"}),
        ("single", {"colour": "good"}),
        ("single", "good"),
        ("many", {"web": ["used", "gone"]}),
        ("rated", {"price": 6}),
        ("order", {"red": 1, "green": 1}),
        ("order", {"red": 2}),
        ("order", {"red": 4}),
        ("order", {"red": "1.0"}),
        ("order", {"red": True}),
        ("split", {"rent": 99}),
        ("split", {"rent": -1, "food": 101}),
        ("split", {"rent": "50.5", "food": "49.5"}),
        ("shown", ["cat", "dog"]),
        ("proof", "a file"),
        ("proof", {"id": "0", "name": "x", "size": 1, "type": "image/png"}),
        ("proof", [{"id": "0", "name": "x", "size": 1, "type": "image/png"}]),
    ],
)
def test_an_answer_that_cannot_be_is_named(compiled: CompiledSurvey, name: str, raw: object) -> None:
    checked = normalise(compiled, {f"q_{name}": raw}, "en")

    assert list(checked.problems) == [f"q_{name}"]
    assert kept(checked) == {}


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["", "1", "price"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["price", "red", "rent", "city", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from([f"q_{name}" for name in STORED]), anything, max_size=4))
@example({"q_count": 10**5000, "q_split": {"rent": 10**5000}, "q_order": {"red": -(10**5000)}, "q_slide": 10**5000})
def test_whatever_is_sent_is_stored_in_one_spelling_or_refused(raw: dict[str, Any]) -> None:
    survey = compiled_once()

    once = normalise(survey, raw, "en")

    assert set(once.answers) | set(once.texts) | set(once.problems) <= {f"q_{name}" for name in STORED}
    orjson.dumps([once.answers, once.texts])
    twice = normalise(survey, {**once.answers, **once.texts}, "en")
    assert (twice.answers, twice.texts, twice.problems) == (once.answers, once.texts, {})


@pytest.mark.parametrize(
    ("language", "typed", "read"),
    [
        ("de", "1.234,5", "1234.5"),
        ("en", "1,234.5", "1234.5"),
        ("de", "1.234", "1234"),
        ("en", "1.25", "1.25"),
        ("de", "1.25", "1.25"),
        ("fr", "1 234,5", "1234.5"),
        ("fr", "1.25", "1.25"),
        ("de-CH", "1’234.5", "1234.5"),
        ("en", "1,234,567", "1234567"),
        ("de", "0.25", "0.25"),
        ("de", "−4", "-4"),
        ("ar", "٣٫٥", "3.5"),
        ("en", "-0", "0"),
        ("en", "+7.50", "7.5"),
    ],
)
def test_a_number_is_read_as_the_language_writes_it(language: str, typed: str, read: str) -> None:
    asked = question("count", "number", decimals=6)
    asked["text"] = {language: "How many?"}
    source = document([asked], default_language=language, languages=[language])

    checked = normalise(compile_survey(parse(source)), {"q_count": typed}, language)

    assert (checked.texts, checked.problems) == ({"q_count": read}, {})


@time_machine.travel(NOW, tick=False)
def test_who_must_answer_a_table_answers_each_row() -> None:
    source = further()
    for block in source["blocks"]:
        for asked in block["questions"]:
            asked["required"] = True

    checked = normalise(compile_survey(parse(source)), flat(GIVEN), "de")

    # one row was left out, one option has no place, the address has no country
    assert set(checked.problems) == {"q_single", "q_order", "q_where", "q_proof"}


@time_machine.travel(NOW, tick=False)
def test_conditions_compare_numbers_and_moments() -> None:
    source = further()
    source["blocks"][3]["questions"][0]["show_if"] = on("count", "more_than", 1234.25)
    source["blocks"][3]["questions"][1]["show_if"] = on("date", "less_than", "2026-11-20")
    definition = parse(source)
    survey = compile_survey(definition)

    checked = normalise(survey, flat(GIVEN), "de")

    assert problems_for_publishing(definition) == {}
    assert "order" in kept(checked)
    assert "split" not in kept(checked)
    assert "q_order" in survey.path({**checked.answers, **checked.texts}, "de").questions


@pytest.mark.parametrize(
    ("pointer", "value", "place"),
    [
        ("/blocks/0/questions/0/lowest", 3_000_000, "/blocks/0/questions/0/lowest"),
        ("/blocks/0/questions/0/lowest", "low", "/blocks/0/questions/0/lowest"),
        ("/blocks/0/questions/0/highest", float("inf"), "/blocks/0/questions/0/highest"),
        ("/blocks/0/questions/0/decimals", 7, "/blocks/0/questions/0/decimals"),
        ("/blocks/0/questions/1/step", 0, "/blocks/0/questions/1/step"),
        ("/blocks/0/questions/1/highest", 1_000_000, "/blocks/0/questions/1/step"),
        ("/blocks/0/questions/2/earliest", "yesterday", "/blocks/0/questions/2/earliest"),
        ("/blocks/0/questions/2/earliest", "today+31", "/blocks/0/questions/2/earliest"),
        ("/blocks/0/questions/3/latest", "24:00", "/blocks/0/questions/3/latest"),
        ("/blocks/1/questions/2/parts", ["planet"], "/blocks/1/questions/2/parts/0"),
        ("/blocks/2/questions/0/rows/1/code", "price", "/blocks/2/questions/0/rows/1/code"),
        ("/blocks/2/questions/0/other", {"en": "x"}, "/blocks/2/questions/0/other"),
        ("/blocks/3/questions/1/total", 1, "/blocks/3/questions/1/total"),
        ("/blocks/3/questions/2/reason", {"everybody": {}}, "/blocks/3/questions/2/reason/everybody"),
        (
            "/blocks/3/questions/3/options/0/picture/file",
            "../x.png",
            "/blocks/3/questions/3/options/0/picture/file",
        ),
        ("/blocks/3/questions/4/max_files", 11, "/blocks/3/questions/4/max_files"),
        ("/blocks/3/questions/4/file_kinds", ["program"], "/blocks/3/questions/4/file_kinds/0"),
    ],
)
def test_settings_that_cannot_be_are_named_by_their_path(pointer: str, value: object, place: str) -> None:
    from tests.surveys.test_definition import refused_at

    assert list(refused_at(at(pointer, value, further()))) == [place]


@pytest.mark.parametrize(
    ("pointer", "value", "place"),
    [
        ("/blocks/1/questions/2/parts", [], "/blocks/1/questions/2/parts"),
        ("/blocks/2/questions/0/rows", [], "/blocks/2/questions/0/rows"),
        ("/blocks/2/questions/0/rows/0/text", {"en": "x"}, "/blocks/2/questions/0/rows/0/text/de"),
        ("/blocks/3/questions/0/max_choices", 4, "/blocks/3/questions/0/max_choices"),
        ("/blocks/3/questions/2/reason", {"promoters": {"en": "x"}}, "/blocks/3/questions/2/reason/promoters/de"),
        ("/blocks/3/questions/3/options/0/picture", None, "/blocks/3/questions/3/options/0/picture"),
        (
            "/blocks/3/questions/3/options/0/picture/alt",
            {"en": "x"},
            "/blocks/3/questions/3/options/0/picture/alt/de",
        ),
        ("/blocks/3/questions/0/show_if", on("count", "equals", "many"), "/blocks/3/questions/0/show_if/right"),
        ("/blocks/3/questions/0/show_if", on("date", "less_than", "soon"), "/blocks/3/questions/0/show_if/right"),
        ("/blocks/3/questions/0/show_if", on("mail", "equals", "x"), "/blocks/3/questions/0/show_if/operator"),
    ],
)
def test_what_customers_would_run_into_is_not_published(pointer: str, value: object, place: str) -> None:
    assert place in problems_for_publishing(parse(at(pointer, value, further())))


def test_the_schema_accepts_every_type() -> None:
    path = Path(__file__).parents[2] / "surveys" / "survey-definition.schema.json"
    schema = jsonschema.Draft202012Validator(json.loads(path.read_text()))

    for source in (further(), dump(parse(further()))):
        assert [error.message for error in schema.iter_errors(source)] == []
    assert not schema.is_valid(at("/blocks/0/questions/1/decimals", 1, further()))
    assert not schema.is_valid(at("/blocks/0/questions/0/points", 5, further()))


def test_a_copy_has_ids_of_its_own_everywhere() -> None:
    definition = parse(further())
    table = "q_single"

    copied, copy = editing.duplicate_question(definition, table)

    taken = [row.id for q in copied.questions for row in (*q.rows, *q.options)]
    assert len(set(taken)) == len(taken)
    rows = editing.get_question(copied, copy).rows
    moved = editing.move_option(copied, copy, rows[1].id, 0)
    assert [row.code for row in editing.get_question(moved, copy).rows] == ["taste", "price"]
    added, _ = editing.add_option(moved, copy, text("More"), to="rows")
    assert [row.code for row in editing.get_question(added, copy).rows] == ["taste", "price", "more"]


def test_what_was_published_keeps_its_meaning() -> None:
    old = parse(further())

    def changed(pointer: str, value: object) -> list[str]:
        return list(changed_meaning(old, parse(at(pointer, value, further()))))

    assert changed("/blocks/0/questions/0/highest", 9) == []
    assert changed("/blocks/0/questions/0/unit/en", "miles") == ["/blocks/0/questions/0/unit"]
    assert changed("/blocks/0/questions/1/highest", 50) == ["/blocks/0/questions/1/lowest"]
    assert changed("/blocks/2/questions/0/rows/0/code", "cost") == ["/blocks/2/questions/0/rows/0/code"]
    assert changed("/blocks/2/questions/2/points", 7) == ["/blocks/2/questions/2/points"]
    assert changed("/blocks/3/questions/1/total", 10) == ["/blocks/3/questions/1/total"]


@pytest.fixture
def survey(session: Session) -> Survey:
    made = surveys.create_from_document(session, "How was it?", further(), zone="Europe/Berlin")
    publish(session, made)
    return made


@pytest.fixture
def answer(session: Session, survey: Survey) -> Callable[..., intake.Outcome]:
    found = find_live(session, survey.address)
    assert found is not None
    target = Target.of(found)

    def send(answers: dict[str, Any], **fields: Any) -> intake.Outcome:
        return intake.submit(session, target, submission(answers, **fields))

    return send


def result(session: Session, survey: Survey, name: str) -> QuestionResult:
    return next(r for r in results.read(session, survey).questions if r.question.id == f"q_{name}")


def parts(found: QuestionResult) -> dict[str, dict[str, int]]:
    return {part.question.code: {bar.code: bar.count for bar in part.bars if bar.count} for part in found.parts}


def test_rows_and_options_have_figures_of_their_own_in_the_tail_and_in_the_rollups(
    session: Session, survey: Survey, answer: Callable[..., intake.Outcome]
) -> None:
    first = submission({}).key
    answer({"single": {"price": "good", "taste": "bad"}, "many": {"web": ["used", "seen"]}}, key=first)
    answer({"single": {"price": "bad"}, "order": {"blue": 1, "red": 2}, "split": {"rent": 60, "food": 40}})
    dispatch(session)
    answer({"single": {"price": "good"}, "order": {"blue": 1}}, key=first, revision=2)

    for _ in range(2):  # with the correction in the tail, then in the rollups
        found = result(session, survey, "single")
        assert (found.answered, parts(found)) == (2, {"price": {"good": 1, "bad": 1}, "taste": {}})
        assert parts(result(session, survey, "many")) == {"shop": {}, "web": {}}
        ranked = {
            part.question.code: part.score.value for part in result(session, survey, "order").parts if part.score
        }
        assert ranked == {"red": 2, "green": None, "blue": 1}
        shared = {
            part.question.code: part.score.value for part in result(session, survey, "split").parts if part.score
        }
        assert shared == {"rent": 60, "food": 40, "fun": 0}
        dispatch(session)
    assert list(rollups.verify(session, survey)) == []


def test_numbers_and_moments_have_a_middle_and_ends(
    session: Session, survey: Survey, answer: Callable[..., intake.Outcome]
) -> None:
    for count, clock in (("2", "09:00"), ("10", "10:30"), ("100.5", "19:00"), ("-1", None)):
        answer({"count": count, "clock": clock})

    numbers, clocks = (result(session, survey, name).spread for name in ("count", "clock"))

    assert numbers is not None
    assert clocks is not None
    assert (numbers.n, numbers.least, numbers.median, numbers.most) == (4, "-1", "2", "100.5")
    assert numbers.mean is not None
    assert numbers.mean.value == pytest.approx(27.875)
    assert (clocks.n, clocks.least, clocks.median, clocks.most) == (3, "09:00", "10:30", "19:00")


def test_a_long_scale_is_shown_in_ranges(
    session: Session, survey: Survey, answer: Callable[..., intake.Outcome]
) -> None:
    for point in (0, 5, 35, 100):
        answer({"slide": point})

    found = result(session, survey, "slide")

    assert len(found.bars) == 10
    assert sum(bar.count for bar in found.bars) == found.answered == 4
    assert (found.bars[0].code, found.bars[0].count) == ("0–5", 2)


def test_each_part_has_a_column_of_its_own(
    session: Session, survey: Survey, answer: Callable[..., intake.Outcome]
) -> None:
    sent = {key.removeprefix("q_"): value for key, value in flat(GIVEN).items() if key != "q_date"}
    answer({**sent, "count": "1234.5", "mail": "ann@example.org"}, language="en")

    whole = b"".join(stream(session, survey)).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(whole, newline=""))

    assert (row["count"], row["slide"], row["clock"], row["phone"]) == ("1234.5", "35", "09:30", "'+4930123456")
    assert (row["single.price"], row["single.taste"], row["many.web"]) == ("good", "", "seen;used")
    assert (row["order.blue"], row["order.green"], row["split.rent"]) == ("1", "", "60")
    assert (row["where.city"], row["likely"], row["likely.reason"]) == ("Berlin", "3", "Too slow.")

    words = b"".join(stream(session, survey, labels=True, language="de")).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(words, newline=""))
    assert row["single (de) – price (de)"] == "good (de)"


def test_links_are_looked_for_in_all_that_people_read() -> None:
    read = {pointer for pointer, _ in texts_of(parse(further()))}

    assert {
        "/blocks/0/questions/0/unit/en",
        "/blocks/2/questions/0/rows/1/text/de",
        "/blocks/3/questions/2/reason/detractors/en",
        "/blocks/3/questions/3/options/0/picture/alt/en",
    } <= read
