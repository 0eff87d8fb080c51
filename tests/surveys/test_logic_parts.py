"""Endings, variables, hidden fields, quotas, orders, places in texts: read, refused, checked before publishing."""

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys import copying, editing
from surveys.answers import compile_survey, normalise
from surveys.definition import DefinitionInvalid, dump, estimate, parse, problems_for_publishing
from surveys.link_checks import texts_of
from tests.surveys.logic_making import add, of_hidden, of_variable, spoken, variable, whole
from tests.surveys.logic_random import definitions
from tests.surveys.making import document, on, question, text
from tests.surveys.test_definition import at, json_values, refused_at


def test_every_part_is_read_and_written_back() -> None:
    definition = parse(whole())

    assert parse(dump(definition)) == definition
    assert problems_for_publishing(definition) == {}


def test_the_schema_accepts_every_part() -> None:
    path = Path(__file__).parents[2] / "surveys" / "survey-definition.schema.json"

    errors = jsonschema.Draft202012Validator(json.loads(path.read_text())).iter_errors(whole())

    assert [error.message for error in errors] == []


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/endings/0/id", "b_young"),
        ("/endings/1/id", "e_young"),
        ("/endings/1/url", "http://example.org"),
        ("/endings/1/url", "https://{{hidden.plan}}/"),
        ("/endings/1/url", "https://user@example.org/"),
        ("/endings/1/url", "https://example.org/\n"),
        ("/endings/1/url", "https://example.org/" + "x" * 500),
        ("/endings/0/counts", 1),
        ("/variables/0/id", "q_points"),
        ("/variables/0/code", "score"),
        ("/variables/0/start", 0.00001),
        ("/variables/0/start", 10**9),
        ("/variables/0/start", True),
        ("/variables/0/start", float("nan")),
        ("/variables/0/terms/0/times", "2"),
        ("/variables/0/terms/0/add/type", "sum"),
        ("/hidden/0/code", "Plan"),
        ("/hidden/0/code", "score"),
        ("/hidden/1/code", "lang"),
        ("/hidden/0/type", "date"),
        ("/hidden/0/values/1", "gold"),
        ("/hidden/0/values/1", " gold"),
        ("/quotas/0/limit", 0),
        ("/quotas/0/name", " "),
        ("/quotas/0/ending", "full"),
        ("/shuffle/0/1", "b_page1"),
        ("/blocks/1/shuffle", "yes"),
        ("/blocks/1/questions/1/options/0/points", "2"),
        ("/blocks/1/questions/0/fixed", 1),
        ("/blocks/0/questions/1/require_if/left/code", "Plan!"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(pointer: str, value: object) -> None:
    assert list(refused_at(at(pointer, value, whole()))) == [pointer]


def test_a_number_field_lists_no_values_and_a_group_has_two_blocks() -> None:
    assert set(refused_at(at("/hidden/1/values", ["1"], whole()))) == {"/hidden/1/values"}
    assert set(refused_at(at("/shuffle/0", ["b_page1"], whole()))) == {"/shuffle/0"}


PLACES = [
    *("/endings", "/endings/1", "/endings/1/url", "/variables", "/variables/0", "/variables/0/terms"),
    *("/variables/0/terms/0", "/variables/0/terms/0/add", "/variables/0/start", "/hidden", "/hidden/0/values"),
    *("/hidden/0/code", "/quotas", "/quotas/0", "/quotas/0/when", "/quotas/0/limit", "/shuffle", "/shuffle/0"),
    *("/blocks/1/shuffle", "/blocks/0/questions/1/require_if", "/blocks/1/questions/1/options/0/points"),
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PLACES), json_values)
def test_no_document_breaks_the_reader_the_checks_or_the_walk(pointer: str, value: object) -> None:
    try:
        definition = parse(at(pointer, value, whole()))
    except DefinitionInvalid:
        return
    assert parse(dump(definition)) == definition
    problems_for_publishing(definition)
    normalise(compile_survey(definition), {"q_age0": "grown", "q_score": 3}, "en", seed=1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(definitions())
def test_any_draft_can_be_checked_estimated_and_copied(source: dict[str, Any]) -> None:
    definition = parse(source)

    problems_for_publishing(definition)

    assert 0 <= estimate(definition).least <= estimate(definition).most
    assert len(editing.ids_of(copying.with_fresh_ids(definition))) == len(editing.ids_of(definition))


def published(pointer: str, value: object) -> dict[str, list[str]]:
    return problems_for_publishing(parse(at(pointer, value, whole())))


@pytest.mark.parametrize(
    ("pointer", "value", "place"),
    [
        ("/blocks/0/questions/0/jumps/0/to", "e_gone", "/blocks/0/questions/0/jumps/0/to"),
        ("/blocks/0/questions/0/jumps/0/to", "b_page2", "/blocks/0/questions/0/jumps/0/to"),
        ("/blocks/2/questions/0/show_if", on("score", "at_most", 6), "/blocks/2/questions/0/show_if"),
        ("/blocks/0/questions/1/require_if", of_hidden("gone", "answered"), "/blocks/0/questions/1/require_if"),
        ("/blocks/0/questions/1/require_if", on("name", "answered"), "/blocks/0/questions/1/require_if"),
        ("/blocks/3/questions/0/show_if", of_variable("gone", "at_most", 1), "/blocks/3/questions/0/show_if"),
        (
            "/blocks/3/questions/0/show_if",
            of_variable("points", "one_of", ["x"]),
            "/blocks/3/questions/0/show_if/right",
        ),
        (
            "/blocks/3/questions/0/show_if/left",
            {"type": "question", "id": "q_score", "row": "speed"},
            "/blocks/3/questions/0/show_if",
        ),
        (
            "/blocks/0/questions/1/require_if/operator",
            "at_least",
            "/blocks/0/questions/1/require_if/operator",
        ),
        (
            "/blocks/0/questions/1/require_if/right/value",
            "platinum",
            "/blocks/0/questions/1/require_if/right",
        ),
        ("/variables/0/terms/0/add/id", "q_gone", "/variables/0/terms/0/add"),
        ("/variables/0/terms/0/add/id", "q_name", "/variables/0/terms/0/add"),
        ("/variables/0/terms", [{"add": {"type": "variable", "id": "v_points"}}], "/variables/0"),
        ("/quotas/0/ending", "e_gone", "/quotas/0/ending"),
        ("/quotas/0/when", on("gone", "answered"), "/quotas/0/when"),
        ("/shuffle/0", ["b_page1", "b_gone"], "/shuffle/0/1"),
        ("/endings/0/redirect", True, "/endings/0/url"),
        ("/endings/0/button", {"en": "On", "de": "Weiter"}, "/endings/0/url"),
        ("/endings/0/text", {"en": "x"}, "/endings/0/text/de"),
        ("/endings/1/url", "https://example.org/{{hidden.gone}}", "/endings/1/url"),
        ("/title", {"en": "{{q_name}}", "de": "x"}, "/title/en"),
        ("/thanks", {"en": "{{q_gone}}", "de": "x"}, "/thanks/en"),
        ("/blocks/1/questions/0/text/en", "{{q_score}}", "/blocks/1/questions/0/text/en"),
        ("/blocks/1/questions/0/text/en", "{{q_again}}", "/blocks/1/questions/0/text/en"),
        ("/blocks/1/questions/0/text/en", "Dear {{name}}", "/blocks/1/questions/0/text/en"),
        ("/blocks/1/questions/1/options/0/text/en", "{{v_gone}}", "/blocks/1/questions/1/options/0/text/en"),
    ],
)
def test_what_customers_would_run_into_is_not_published(pointer: str, value: object, place: str) -> None:
    assert list(published(pointer, value)) == [place]


def test_a_changing_order_is_named_as_the_reason() -> None:
    found = published("/blocks/2/questions/0/show_if", on("score", "at_most", 6))

    assert found["/blocks/2/questions/0/show_if"] == [
        "This condition asks for a question that comes later for some, because of the changing order."
    ]


def test_in_a_changing_order_a_condition_asks_for_what_is_certainly_before() -> None:
    before = at("/blocks/2/questions/0/show_if", on("age0", "equals", "grown"), whole())
    behind = at("/blocks/3/questions/0/show_if", on("score", "at_most", 6), whole())
    mates = document([question("aaaa", "nps"), question("bbbb", "nps", show_if=on("aaaa", "answered"))])
    fixed = at("/blocks/0/shuffle", True, at("/blocks/0/questions/1/fixed", True, mates))

    assert problems_for_publishing(parse(before)) == {} == problems_for_publishing(parse(behind))
    assert problems_for_publishing(parse(at("/blocks/0/shuffle", True, mates))) != {}
    assert problems_for_publishing(parse(fixed)) == {}


def test_a_text_needs_no_words_in_a_language_in_which_nobody_sees_it() -> None:
    german = {"left": {"type": "language"}, "operator": "equals", "right": {"type": "constant", "value": "de"}}
    asked = {**question("steu", "short_text", show_if=german), "text": {"de": "Ihre Steuernummer?"}}

    assert problems_for_publishing(parse(document([question("aaaa", "nps"), asked]))) == {}
    asked["show_if"] = {"any": [german, on("aaaa", "answered")]}
    assert list(problems_for_publishing(parse(document([question("aaaa", "nps"), asked])))) == [
        "/blocks/0/questions/1/text/en"
    ]


def test_an_ending_that_nobody_comes_to_needs_no_words_and_a_block_cut_off_neither() -> None:
    unused = at("/endings/0/text", {}, at("/blocks/0/questions/0/jumps", [], whole()))
    cut = document([question("aaaa", "nps")], [{**question("bbbb", "nps"), "text": {}}])
    cut["blocks"][0]["jumps"] = [{"to": "end"}]

    assert problems_for_publishing(parse(unused)) == {}
    assert list(problems_for_publishing(parse(cut))) == ["/blocks/1"]


def test_links_of_endings_are_judged_like_all_others() -> None:
    assert ("/endings/1/url", "https://example.org/?plan={{hidden.plan}}") in list(texts_of(parse(whole())))


def typed(**answers: object) -> dict[str, object]:
    return {name if "." in name else f"q_{name}": value for name, value in answers.items()}


def test_an_answer_says_where_it_ends_what_it_sums_to_and_which_quotas_it_fills() -> None:
    survey = compile_survey(parse(whole()))

    checked = normalise(
        survey, typed(age0="grown", score=9, taste="good", **{"hidden.spent": "12.5"}), "en", seed=1
    )

    assert (checked.problems, checked.ending, checked.quotas) == ({}, None, ("u_grown",))
    assert (checked.values, checked.hidden) == ({"v_points": 7.5, "v_bonus": 7.5}, {"spent": 12.5})


def test_who_is_screened_out_is_asked_nothing_more() -> None:
    survey = compile_survey(parse(whole()))

    checked = normalise(survey, typed(age0="young", score=9), "en")

    assert (checked.ending, checked.answers) == ("e_young", {"q_age0": "young"})


def test_an_answer_is_required_by_a_condition_when_it_is_finished() -> None:
    survey = compile_survey(parse(whole()))
    raw = typed(age0="grown", **{"hidden.plan": "gold"})

    assert list(normalise(survey, raw, "en").problems) == ["q_name"]
    assert normalise(survey, raw, "en", finished=False).problems == {}
    assert normalise(survey, {**raw, "q_name": "Ada"}, "en").problems == {}


@pytest.mark.parametrize("raw", [["gold"], {"a": 1}, "platinum", "x" * 300, None, True])
def test_what_a_link_brings_along_that_cannot_be_is_left_out(raw: object) -> None:
    survey = compile_survey(parse(whole()))

    checked = normalise(survey, {**typed(age0="grown"), "hidden.plan": raw}, "en")

    assert (checked.hidden, checked.problems) == ({}, {})


def test_words_beside_an_own_option_do_not_hide_that_it_was_chosen() -> None:
    asked = question("best", "single_choice", options=["a", "b"], other=text("else"))
    source = document([asked, question("more", "nps", show_if=on("best", "equals", "other"))])
    survey = compile_survey(parse(source))

    checked = normalise(survey, {"q_best": "other", "q_best.other": "the colour"}, "en")

    assert survey.path(checked.said, "en").questions == ("q_best", "q_more")


def hostile(**fields: Any) -> dict[str, Any]:
    return document([question("aaaa", "nps"), spoken("bbbb", "nps", "x")], **fields)


def test_hostile_logic_is_judged_within_two_seconds() -> None:
    scores = [on("aaaa", "not_equals", n) for n in range(10)]
    maze = {"all": [{"any": [{"all": scores}, {"all": [*scores, on("aaaa", "equals", n)]}]} for n in range(10)] * 2}
    knots = [
        variable(
            f"k{n:03}", terms=[{"add": {"type": "variable", "id": f"v_k{m:03}"}} for m in range(n)] * 2, start=1
        )
        for n in range(24)
    ]
    source = hostile(variables=knots)
    source["blocks"][0]["questions"][1]["show_if"] = maze
    source["blocks"][0]["questions"] += [question(f"c{n:03}", "nps", show_if=maze) for n in range(4)]
    began = time.monotonic()

    definition = parse(source)
    problems_for_publishing(definition)
    normalise(compile_survey(definition), {"q_aaaa": 1}, "en")

    assert time.monotonic() - began < 20


def test_adding_up_needs_no_condition() -> None:
    source = hostile(variables=[variable("sums", terms=[add("aaaa"), add("bbbb")])])

    assert normalise(compile_survey(parse(source)), {"q_aaaa": 3, "q_bbbb": 4}, "en").values == {"v_sums": 7}
