"""The path through a survey, and what is kept of what was sent."""

import timeit
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.answers import compile_survey, normalise
from surveys.definition import Definition, parse
from surveys.logic import find_path
from tests.surveys.making import document, everything, on, question, text

OPTIONS = ["red", "green", "blue"]
NAMES = [f"ques{n}" for n in range(8)]
TYPES = ["nps", "single_choice", "multiple_choice", "consent", "short_text", "ces", "rating", "statement"]

constants = st.one_of(
    st.integers(0, 10), st.sampled_from(OPTIONS), st.booleans(), st.lists(st.sampled_from(OPTIONS), max_size=3)
)
operators = st.sampled_from(
    ["equals", "not_equals", "less_than", "at_least", "one_of", "includes_any", "includes_all", "includes_none"]
)


def comparisons() -> st.SearchStrategy[dict[str, Any]]:
    valued = st.builds(on, st.sampled_from(NAMES), operators, constants)
    bare = st.builds(on, st.sampled_from(NAMES), st.sampled_from(["answered", "unanswered"]))
    german = st.just(
        {"left": {"type": "language"}, "operator": "equals", "right": {"type": "constant", "value": "de"}}
    )
    return valued | bare | german


conditions = st.recursive(
    comparisons(),
    lambda inner: st.builds(
        lambda key, of: {key: of}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=4,
)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """Any survey of eight questions in four blocks, with conditions and jumps that may also point backwards."""
    jumps = st.lists(
        st.builds(
            lambda to, when: {"to": to} | ({"when": when} if when else {}),
            st.sampled_from(["b_page0", "b_page1", "b_page2", "b_page3", "b_gone", "end"]),
            st.none() | conditions,
        ),
        max_size=1,
    )
    made = []
    for name, kind in zip(NAMES, TYPES, strict=True):
        more: dict[str, Any] = {"required": draw(st.booleans()), "jumps": draw(jumps)}
        if kind in ("single_choice", "multiple_choice"):
            more["options"] = OPTIONS
        if draw(st.booleans()):
            more["show_if"] = draw(conditions)
        made.append(question(name, kind, **more))
    source = document(made[:2], made[2:4], made[4:6], made[6:])
    for block in source["blocks"]:
        block["jumps"] = draw(jumps)
        if draw(st.integers(0, 3)) == 0:
            block["show_if"] = draw(conditions)
    return parse(source)


raw_answers = st.dictionaries(
    st.sampled_from([f"q_{name}" for name in NAMES]),
    st.one_of(
        st.integers(-1, 11),
        st.integers(0, 10).map(str),
        st.sampled_from([*OPTIONS, "", "no such", None]),
        st.booleans(),
        st.lists(st.sampled_from(OPTIONS), max_size=4),
    ),
)


@settings(max_examples=300, deadline=None)
@given(definitions(), raw_answers, st.sampled_from(["en", "de"]))
def test_only_answers_on_the_path_are_kept_and_the_path_is_theirs(
    definition: Definition, raw: dict[str, Any], language: str
) -> None:
    survey = compile_survey(definition)

    checked = normalise(survey, raw, language)

    kept = {**checked.answers, **checked.texts}
    path = survey.path(kept, language)
    assert set(kept) <= set(path.questions)
    assert list(path.questions) == sorted(path.questions, key=[q.id for q in definition.questions].index)
    assert len(set(path.questions)) == len(path.questions)
    assert [q for _, inside in path.blocks for q in inside] == list(path.questions)
    required = {q.id for q in definition.questions if q.required and q.type != "statement"}
    assert required & set(path.questions) <= set(kept) | set(checked.problems)
    assert set(checked.problems) <= set(path.questions)


@settings(max_examples=200, deadline=None)
@given(definitions(), raw_answers)
def test_what_was_stored_is_read_back_as_the_same(definition: Definition, raw: dict[str, Any]) -> None:
    survey = compile_survey(definition)
    once = normalise(survey, raw, "en")

    twice = normalise(survey, {**once.answers, **once.texts}, "en")

    if not once.problems:
        assert twice == once


def test_answers_off_the_path_open_no_other_path() -> None:
    chain = document(
        [
            question("aaaa", "nps"),
            question("bbbb", "nps", show_if=on("aaaa", "at_most", 6)),
            question("cccc", "nps", show_if=on("bbbb", "answered")),
        ]
    )

    path = find_path(parse(chain), {"q_aaaa": 9, "q_bbbb": 1, "q_cccc": 1}, "en")

    assert path.questions == ("q_aaaa",)


@pytest.mark.parametrize(
    ("operator", "value", "answer", "holds"),
    [
        ("equals", 5, 5, True),
        ("not_equals", 5, 5, False),
        ("not_equals", 5, None, False),
        ("less_than", 5, 4, True),
        ("at_most", 5, 5, True),
        ("more_than", 5, 5, False),
        ("at_least", 5, 5, True),
        ("at_least", 5, None, False),
        ("one_of", [1, 2], 2, True),
        ("one_of", [1, 2], 3, False),
    ],
)
def test_a_comparison_needs_an_answer(operator: str, value: object, answer: int | None, holds: bool) -> None:
    source = document([question("aaaa", "nps"), question("bbbb", "nps", show_if=on("aaaa", operator, value))])

    path = find_path(parse(source), {} if answer is None else {"q_aaaa": answer}, "en")

    assert ("q_bbbb" in path.questions) is holds


def test_two_scores_can_be_compared() -> None:
    rule = {
        "left": {"type": "question", "id": "q_bbbb"},
        "operator": "less_than",
        "right": {"type": "question", "id": "q_aaaa"},
    }
    source = document([question("aaaa", "nps"), question("bbbb", "nps"), question("cccc", "nps", show_if=rule)])

    assert find_path(parse(source), {"q_aaaa": 5, "q_bbbb": 4}, "en").questions[-1] == "q_cccc"
    assert find_path(parse(source), {"q_aaaa": 4, "q_bbbb": 4}, "en").questions[-1] == "q_bbbb"


@pytest.mark.parametrize(
    ("name", "raw", "sentence"),
    [
        ("score", 11, "Please choose a number from 0 to 10."),
        ("score", True, "Please choose a number from 0 to 10."),
        ("score", "٩", "Please choose a number from 0 to 10."),
        ("score", 9.0, "Please choose a number from 0 to 10."),
        ("score", ["9"], "Please choose a number from 0 to 10."),
        ("happy", 0, "Please choose a number from 1 to 5."),
        ("best", "Price", "Please choose one of the options."),
        ("best", ["taste"], "Please choose one of the options."),
        ("seen", ["shop", "moon"], "Please choose one of the options."),
        ("seen", {"shop": 1}, "Please choose one of the options."),
        ("seen", [["shop"]], "Please choose one of the options."),
        ("seen", ["shop", "web", "fair", "other"], "Please choose at most 3."),
        ("name", "x" * 21, "Please write at most 20 characters."),
        ("name", 7, "This must be a text."),
        ("okay", "maybe", "This must be true or false."),
        ("nobody", 1, "This survey has no such question."),
    ],
)
def test_an_answer_that_cannot_be_is_named(name: str, raw: object, sentence: str) -> None:
    survey = compile_survey(parse(everything()))

    checked = normalise(survey, {"q_score": 9, f"q_{name}": raw}, "en")

    assert checked.problems == {f"q_{name}": [sentence]}


def test_a_problem_can_be_said_in_another_language() -> None:
    problem = normalise(compile_survey(parse(everything())), {"q_score": 11}, "en").problems["q_score"][0]

    assert problem.message == "Please choose a number from %(low)s to %(high)s."  # type: ignore[attr-defined]
    assert problem.fields == {"low": 0, "high": 10}  # type: ignore[attr-defined]


def test_several_options_come_once_and_in_order() -> None:
    checked = normalise(compile_survey(parse(everything())), {"q_score": 9, "q_seen": ["web", "shop", "web"]}, "en")

    assert checked.answers["q_seen"] == ["shop", "web"]


def test_a_required_consent_must_be_given() -> None:
    survey = compile_survey(parse(document([question("okay", "consent", required=True)])))

    assert normalise(survey, {"q_okay": "on"}, "en").answers == {"q_okay": True}
    assert "q_okay" in normalise(survey, {"q_okay": False}, "en").problems
    assert "q_okay" in normalise(survey, {}, "en").problems
    assert normalise(survey, {}, "en", finished=False).problems == {}


def test_words_beside_another_option_are_dropped() -> None:
    survey = compile_survey(parse(everything()))

    checked = normalise(survey, {"q_score": 9, "q_best": "taste", "q_best.other": "smell"}, "en")

    assert checked.texts == {}


def test_least_number_of_options_counts_only_when_answered() -> None:
    source = question("seen", "multiple_choice", options=["aa", "bb", "cc"], min_choices=2, other=text("x"))
    survey = compile_survey(parse(document([source])))

    assert normalise(survey, {}, "en").problems == {}
    assert "q_seen" in normalise(survey, {"q_seen": ["aa"]}, "en").problems


def test_checking_an_answer_takes_less_than_a_tenth_of_a_millisecond() -> None:
    survey = compile_survey(parse(everything()))
    raw = {"q_score": "9", "q_happy": "4", "q_easy": "6", "q_best": "taste", "q_seen": ["shop", "web"]}

    seconds = min(timeit.repeat(lambda: normalise(survey, raw, "en"), number=200, repeat=5)) / 200

    assert seconds < 100e-6
