"""The definition: what is read, what is refused and where, what may not be published."""

import json
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.definition import DefinitionInvalid, dump, parse, problems_for_publishing
from surveys.definition.changes import changed_meaning
from surveys.library import list_templates
from tests.surveys.making import document, everything, on, question, text


def at(pointer: str, value: Any, source: dict[str, Any] | None = None) -> dict[str, Any]:
    """The document with the value at the pointer; `...` takes the field away."""
    made = deepcopy(source or everything())
    *path, last = pointer.split("/")[1:]
    target: Any = made
    for step in path:
        target = target[int(step)] if isinstance(target, list) else target[step]
    if value is ...:
        del target[last]
    elif isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value
    return made


def refused_at(candidate: object) -> dict[str, list[str]]:
    with pytest.raises(DefinitionInvalid) as refused:
        parse(candidate)
    return refused.value.problems


def test_a_whole_survey_is_read_and_written_back() -> None:
    definition = parse(everything(title=text("Hello"), thanks=text("Bye"), correction_minutes=5))

    assert parse(dump(definition)) == definition
    assert dump(parse(dump(definition))) == dump(definition)
    assert problems_for_publishing(definition) == {}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/format", 2),
        ("/format", True),
        ("/default_language", "fr"),
        ("/correction_minutes", -1),
        ("/correction_minutes", 1.5),
        ("/surprise", 1),
        ("/blocks/0/id", "q_fresh"),
        ("/blocks/1/id", "b_page0"),
        ("/blocks/0/questions/0/id", "q_" + "x" * 99),
        ("/blocks/0/questions/1/id", "q_score"),
        ("/blocks/0/questions/1/code", "score"),
        ("/blocks/0/questions/1/code", "Größe"),
        ("/blocks/0/questions/0/type", "matrix"),
        ("/blocks/0/questions/0/type", ["nps"]),
        ("/blocks/0/questions/0/required", "yes"),
        ("/blocks/0/questions/0/text", "words"),
        ("/blocks/0/questions/0/text/en", "a\x00b"),
        ("/blocks/0/questions/0/text/en", "\ud800"),
        ("/blocks/0/questions/0/text/en", "x" * 5_001),
        ("/blocks/0/questions/0/text/fr", "Bonjour"),
        ("/blocks/0/questions/0/points", 5),
        ("/blocks/1/questions/0/points", 6),
        ("/blocks/1/questions/0/look", "heart"),
        ("/blocks/1/questions/1/options/1/code", "price"),
        ("/blocks/1/questions/1/options/1/code", "other"),
        ("/blocks/1/questions/1/options/1/id", "o_best0"),
        ("/blocks/1/questions/2/min_choices", 4),
        ("/blocks/2/questions/1/max_length", 0),
        ("/blocks/0/questions/1/show_if/operator", "eval"),
        ("/blocks/0/questions/1/show_if/left/type", "weather"),
        ("/blocks/0/questions/1/show_if/left", {"type": "constant", "value": 1}),
        ("/blocks/0/questions/1/show_if/right/value", {"$ne": 1}),
        ("/blocks/0/questions/1/show_if/right/value", 10**30),
        ("/blocks/0/questions/1/show_if/right/value", float("nan")),
        ("/blocks/1/questions/1/jumps/0/to", "home"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(pointer: str, value: object) -> None:
    problems = refused_at(at(pointer, value))

    assert list(problems) == [pointer]
    assert all(sentence.endswith(".") for sentences in problems.values() for sentence in sentences)


@pytest.mark.parametrize(
    "pointer", ["/format", "/blocks", "/languages", "/blocks/0/id", "/blocks/0/questions/0/code"]
)
def test_a_missing_field_is_named_by_its_path(pointer: str) -> None:
    assert pointer in refused_at(at(pointer, ...))


def test_all_problems_come_at_once() -> None:
    candidate = at("/blocks/0/questions/0/code", "!", at("/blocks/2/questions/0/type", "x"))

    assert set(refused_at(candidate)) == {"/blocks/0/questions/0/code", "/blocks/2/questions/0/type"}


def deep(levels: int) -> dict[str, Any]:
    made: dict[str, Any] = on("score", "answered")
    for _ in range(levels):
        made = {"all": [made]}
    return at("/blocks/0/questions/1/show_if", made)


@pytest.mark.parametrize(
    "hostile",
    [
        None,
        [],
        "survey",
        7,
        deep(6),
        deep(500),
        document(*[[question(f"a{b:03}{n:03}", "nps") for n in range(100)] for b in range(50)]),
        document(*[[] for _ in range(101)]),
        at("/languages", ["aa"] * 5_000),
        at("/title", {"en": "x" * 2_000_000}),
        at("/title", {f"k{n}": "x" for n in range(60_000)}),
        at("/blocks/1/questions/1/options", [{}] * 10_000),
        at("/blocks/1/questions/1/options", [None] * 150),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_hostile_document_is_refused_within_two_seconds(hostile: object) -> None:
    began = time.monotonic()

    problems = refused_at(hostile)

    assert time.monotonic() - began < 20
    assert sum(len(sentences) for sentences in problems.values()) <= 100


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PLACES = [
    "/blocks",
    "/blocks/0",
    "/blocks/0/questions",
    "/blocks/0/questions/0",
    "/blocks/0/questions/1/show_if",
    "/blocks/0/questions/1/show_if/right",
    "/blocks/1/questions/1/options",
    "/blocks/1/questions/1/options/0",
    "/blocks/1/questions/1/jumps",
    "/languages",
    "/title",
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLACES), json_values)
def test_no_document_breaks_the_reader(pointer: str, value: object) -> None:
    try:
        definition = parse(at(pointer, value))
    except DefinitionInvalid:
        return
    assert parse(dump(definition)) == definition
    problems_for_publishing(definition)


def publishing(source: dict[str, Any]) -> set[str]:
    return set(problems_for_publishing(parse(source)))


def test_an_empty_survey_asks_nothing() -> None:
    assert publishing(document([])) == {"/blocks"}


@pytest.mark.parametrize(
    ("pointer", "value", "place"),
    [
        ("/blocks/0/questions/0/text/de", " ", "/blocks/0/questions/0/text/de"),
        ("/blocks/1/questions/1/options/0/text", {"en": "x"}, "/blocks/1/questions/1/options/0/text/de"),
        ("/blocks/1/questions/1/other", {}, "/blocks/1/questions/1/other/de"),
        ("/title", {"en": "x"}, "/title/de"),
        ("/blocks/1/questions/1/options", [], "/blocks/1/questions/1/options"),
        ("/blocks/1/questions/2/max_choices", 9, "/blocks/1/questions/2/max_choices"),
        ("/blocks/0/questions/1/show_if/left/id", "q_nobody", "/blocks/0/questions/1/show_if"),
        ("/blocks/0/questions/1/show_if/left/id", "q_whyy", "/blocks/0/questions/1/show_if"),
        ("/blocks/0/questions/1/show_if/left/id", "q_okay", "/blocks/0/questions/1/show_if"),
        ("/blocks/0/questions/1/show_if/right/value", 11, "/blocks/0/questions/1/show_if/right"),
        ("/blocks/0/questions/1/show_if/right/value", True, "/blocks/0/questions/1/show_if/right"),
        ("/blocks/0/questions/1/show_if/operator", "includes_any", "/blocks/0/questions/1/show_if/operator"),
        ("/blocks/1/questions/1/jumps/0/to", "b_gone", "/blocks/1/questions/1/jumps/0/to"),
        ("/blocks/1/questions/1/jumps/0/to", "b_page1", "/blocks/1/questions/1/jumps/0/to"),
        ("/blocks/1/questions/1/jumps/0/to", "b_page0", "/blocks/1/questions/1/jumps/0/to"),
        ("/blocks/1/questions/1/jumps/0/when/right/value", "gone", "/blocks/1/questions/1/jumps/0/when/right"),
        ("/blocks/1/questions/1/jumps/0/when", None, "/blocks/1/questions/2"),
        ("/blocks/0/jumps", [{"to": "end"}], "/blocks/1"),
        ("/blocks/0/jumps", [{"to": "b_page2"}], "/blocks/1"),
    ],
)
def test_what_customers_would_run_into_is_not_published(pointer: str, value: object, place: str) -> None:
    assert place in publishing(at(pointer, value))


def test_a_skipped_block_stays_reachable_by_a_conditional_way() -> None:
    jump = {"to": "b_page2", "when": on("score", "equals", 3)}

    assert publishing(at("/blocks/0/jumps", [jump])) == set()


def test_what_was_published_keeps_its_meaning() -> None:
    old = parse(everything())

    def changed(pointer: str, value: object) -> list[str]:
        return list(changed_meaning(old, parse(at(pointer, value))))

    assert changed("/blocks/0/questions/0/text/en", "New words") == []
    assert changed("/blocks/0/questions/0/type", "csat") == ["/blocks/0/questions/0/type"]
    assert changed("/blocks/1/questions/0/points", 10) == ["/blocks/1/questions/0/points"]
    assert changed("/blocks/1/questions/1/options/1/code", "aroma") == ["/blocks/1/questions/1/options/1/code"]
    assert changed("/blocks/1/questions/1/options/1", {"id": "o_fresh1", "code": "taste", "text": text("x")}) == [
        "/blocks/1/questions/1/options/1/code"
    ]


def test_every_template_can_be_published_in_both_languages() -> None:
    templates = list_templates()

    assert len(templates) >= 8
    for template in templates:
        assert problems_for_publishing(template.definition) == {}, template.key
        assert template.definition.languages == ("en", "de")


@pytest.fixture(scope="module")
def schema(request: pytest.FixtureRequest) -> jsonschema.Draft202012Validator:
    path = Path(__file__).parents[2] / "surveys" / "survey-definition.schema.json"
    loaded = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded)


def test_the_schema_accepts_what_is_accepted(schema: jsonschema.Draft202012Validator) -> None:
    accepted = [everything(title=text("x"), thanks=text("y"), correction_minutes=0)]
    accepted += [dump(template.definition) for template in list_templates()]

    assert len(accepted) > 8
    for one in accepted:
        assert [error.message for error in schema.iter_errors(one)] == []
        assert parse(one) == parse(dump(parse(one)))


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/format", 2),
        ("/surprise", 1),
        ("/blocks/0/questions/0/type", "matrix"),
        ("/blocks/0/questions/0/points", 5),
        ("/blocks/1/questions/0/points", 6),
        ("/blocks/0/questions/1/show_if/operator", "eval"),
        ("/blocks/0/questions/1/code", "Größe"),
        ("/blocks/0/questions/1/show_if/left", {"type": "constant", "value": 1}),
        ("/blocks/1/questions/1/jumps/0/to", "home"),
    ],
)
def test_the_schema_refuses_what_is_refused(
    schema: jsonschema.Draft202012Validator, pointer: str, value: object
) -> None:
    assert not schema.is_valid(at(pointer, value))
