from contextlib import suppress

import pytest
from werkzeug.datastructures import MultiDict

from infra.errors import NotFound
from surveys.definition import (
    Comparison,
    Constant,
    Definition,
    DefinitionInvalid,
    Group,
    QuestionOperand,
    dump,
    parse,
)
from web.console.surveys import edits, forms
from web.console.surveys.conditions import initial, rows_of, sources
from web.console.surveys.editor_page import relative

DOCUMENT = {
    "format": 1,
    "default_language": "en",
    "languages": ["en", "de"],
    "blocks": [
        {
            "id": "b_aaaa",
            "questions": [
                {"id": "q_nnnn", "code": "nps", "type": "nps", "text": {"en": "Recommend?"}},
                {
                    "id": "q_cccc",
                    "code": "drink",
                    "type": "single_choice",
                    "text": {"en": "Drink?"},
                    "options": [
                        {"id": "o_tttt", "code": "tea", "text": {"en": "Tea"}},
                        {"id": "o_kkkk", "code": "coffee", "text": {"en": "Coffee"}},
                    ],
                },
            ],
        },
        {"id": "b_bbbb", "questions": [{"id": "q_tttt", "code": "why", "type": "long_text", "text": {}}]},
    ],
}


@pytest.fixture
def definition() -> Definition:
    return parse(DOCUMENT)


def order(definition: Definition) -> list[str]:
    return [each for block in definition.blocks for each in (block.id, *(q.id for q in block.questions))]


def typed(**fields: str | list[str]) -> MultiDict[str, str]:
    pairs = ((name.replace("__", "."), value) for name, value in fields.items())
    return MultiDict([(k, v) for k, value in pairs for v in (value if isinstance(value, list) else [value])])


def test_a_new_question_stands_behind_the_one_in_sight(definition: Definition) -> None:
    result, made = edits.run(definition, "q_nnnn", "add-question", "csat")
    assert order(result) == ["b_aaaa", "q_nnnn", made, "q_cccc", "b_bbbb", "q_tttt"]


def test_a_question_moves_over_the_edge_of_its_page_and_back(definition: Definition) -> None:
    down, _ = edits.run(definition, "q_cccc", "down", "")
    assert order(down) == ["b_aaaa", "q_nnnn", "b_bbbb", "q_cccc", "q_tttt"]
    back, _ = edits.run(down, "q_cccc", "up", "")
    assert back == definition


def test_the_first_question_cannot_go_higher_nor_the_last_page_lower(definition: Definition) -> None:
    assert edits.run(definition, "q_nnnn", "up", "") == (definition, "q_nnnn")
    assert edits.run(definition, "b_bbbb", "down", "") == (definition, "b_bbbb")


def test_a_copy_has_ids_and_codes_of_its_own(definition: Definition) -> None:
    result, copy = edits.run(definition, "b_aaaa", "copy", "")
    assert copy not in order(definition)
    assert len({q.code for q in result.questions}) == len(list(result.questions)) == 5


@pytest.mark.parametrize(
    "command", ["option-up:o_kkkk", "option-copy:o_tttt", "option-remove:o_tttt", "option-add"]
)
def test_options_are_edited_in_place(definition: Definition, command: str) -> None:
    result, shown = edits.run(definition, "q_cccc", command, "")
    assert shown == "q_cccc"
    assert result != definition
    assert parse(dump(result)) == result


@pytest.mark.parametrize("command", ["option-remove:o_none", "option-copy:x", "copy", "up"])
def test_what_is_not_there_is_not_found(definition: Definition, command: str) -> None:
    with pytest.raises(NotFound):
        edits.run(definition, "q_none" if ":" not in command else "q_cccc", command, "")


def test_an_unknown_button_changes_nothing(definition: Definition) -> None:
    assert edits.run(definition, "q_nnnn", "explode", "") == (definition, "q_nnnn")


def test_before_deleting_it_is_known_what_depends_on_it(definition: Definition) -> None:
    form = typed(show__add="q_nnnn")
    linked = forms.apply(definition, "q_tttt", form)
    assert [each.id for each in edits.depending_on(linked, "q_nnnn")] == ["q_tttt"]
    assert [each.id for each in edits.depending_on(linked, "b_aaaa")] == ["q_tttt"]
    assert edits.depending_on(linked, "q_cccc") == []


def test_typed_texts_are_taken_by_language_and_empty_ones_are_none(definition: Definition) -> None:
    form = typed(text__en=" Would you?\r\nReally? ", text__de="", text__fr="non", code="nps", required="yes")
    question = edits.get_element(forms.apply(definition, "q_nnnn", form), "q_nnnn")
    assert dict(question.text) == {"en": "Would you?\nReally?"}  # type: ignore[union-attr]
    assert question.required  # type: ignore[union-attr]


def test_what_is_no_number_is_refused_by_name_and_not_lost(definition: Definition) -> None:
    form = typed(text__en="Why?", code="why", max_length="many")
    with pytest.raises(DefinitionInvalid) as refusal:
        parse(dump(forms.apply(definition, "q_tttt", form)))
    assert list(refusal.value.problems) == ["/blocks/1/questions/0/max_length"]


def test_a_condition_goes_to_the_form_and_back(definition: Definition) -> None:
    form = typed(
        show__0__left="q_nnnn",
        show__0__operator="at_least",
        show__0__value="9",
        show__1__left="q_cccc",
        show__1__operator="one_of",
        show__1__value=["tea", "coffee"],
        show__connector="any",
    )
    linked = forms.apply(definition, "q_tttt", form)
    condition = edits.get_element(linked, "q_tttt").show_if
    assert condition == Group(
        "any",
        (
            Comparison(QuestionOperand("q_nnnn"), "at_least", Constant(9)),
            Comparison(QuestionOperand("q_cccc"), "one_of", Constant(("tea", "coffee"))),
        ),
    )
    rows = rows_of(condition, linked)
    assert [(row.operator, sorted(row.chosen)) for row in rows] == [
        ("at_least", ["9"]),
        ("one_of", ["coffee", "tea"]),
    ]
    dropped = forms.apply(linked, "q_tttt", form, drop="show.1")
    assert edits.get_element(dropped, "q_tttt").show_if == Comparison(
        QuestionOperand("q_nnnn"), "at_least", Constant(9)
    )


def test_a_condition_from_outside_the_editor_is_kept_as_it_is(definition: Definition) -> None:
    document = dump(definition)
    inner = {"left": {"type": "question", "id": "q_nnnn"}, "operator": "answered"}
    nested = {"all": [{"any": [inner, inner]}, inner]}
    document["blocks"][1]["questions"][0]["show_if"] = nested
    linked = parse(document)
    rows = rows_of(edits.get_element(linked, "q_tttt").show_if, linked)
    assert [row.kept for row in rows] == [True, False]
    form = typed(show__0__left="", show__0__kept="1", show__1__left="q_nnnn", show__1__operator="answered")
    assert (
        edits.get_element(forms.apply(linked, "q_tttt", form), "q_tttt").show_if
        == edits.get_element(linked, "q_tttt").show_if
    )


def test_a_jump_starts_with_the_page_after_next_or_the_end(definition: Definition) -> None:
    form = typed(jump__add="q_nnnn", text__en="Recommend?", code="nps")
    jumps = edits.get_element(forms.apply(definition, "q_nnnn", form), "q_nnnn").jumps
    assert [(jump.to, jump.when) for jump in jumps] == [("end", initial("q_nnnn", definition))]


def test_a_condition_can_ask_only_for_what_comes_before(definition: Definition) -> None:
    assert [left for left, _ in sources(definition, "q_cccc")] == ["q_nnnn", "language"]
    assert [left for left, _ in sources(definition, "q_cccc", itself=True)] == ["q_nnnn", "q_cccc", "language"]
    assert [left for left, _ in sources(definition, "b_bbbb")] == ["q_nnnn", "q_cccc", "language"]


def test_problems_stand_beside_the_field_they_are_about(definition: Definition) -> None:
    found = {"/blocks/1/questions/0/text/de": ["missing"], "/thanks/de": ["too"], "/blocks/1": ["block"]}
    place = edits.find_place(definition, "q_tttt")
    assert relative(found, place) == {"/text/de": ["missing"], "": ["too", "block"]}
    assert relative(found, None) == {"/thanks/de": ["too"], "": ["missing", "block"]}
    assert edits.element_at(definition, "/blocks/1/questions/0/text/de") == "q_tttt"
    assert edits.element_at(definition, "/thanks/de") == edits.SURVEY


@pytest.mark.parametrize(
    "hostile",
    [
        {"show__0__left": "q_none", "show__0__operator": "equals", "show__0__value": "1"},
        {"show__0__left": "q_nnnn", "show__0__operator": "__class__", "show__0__value": "1"},
        {"show__0__left": "q_nnnn", "show__0__operator": "equals", "show__0__value": "9" * 5000},
        {"show__0__left": "q_cccc", "show__0__operator": "not_equals", "show__0__value": ["a"] * 900},
        {"jump__0__to": "b_none", "jump__0__left": ""},
        {"show__add": "q_tttt; drop table surveys"},
    ],
)
def test_a_hostile_form_makes_a_draft_or_a_refusal_never_a_crash(
    definition: Definition, hostile: dict[str, str | list[str]]
) -> None:
    result = forms.apply(definition, "q_tttt", typed(**hostile))
    with suppress(DefinitionInvalid):
        assert parse(dump(result))
