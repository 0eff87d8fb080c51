"""The builder's edits are functions from definition to definition."""

from collections.abc import Callable

import pytest

from surveys import copying, editing
from surveys.definition import Definition, DefinitionInvalid, dump, parse, problems_for_publishing
from surveys.definition.parts import PartNotFound
from tests.surveys.making import everything


@pytest.fixture
def definition() -> Definition:
    return parse(everything())


def order(definition: Definition) -> list[list[str]]:
    return [[question.code for question in block.questions] for block in definition.blocks]


def test_a_blank_survey_has_one_empty_block() -> None:
    made = editing.blank("de", "Hallo")

    assert (made.languages, made.title, order(made)) == (("de",), {"de": "Hallo"}, [[]])


def test_blocks_are_added_moved_copied_and_removed(definition: Definition) -> None:
    added, new = editing.add_block(definition, 1)
    assert order(added)[1] == []
    moved = editing.move_block(added, new, 0)
    assert moved.blocks[0].id == new
    copied, copy = editing.duplicate_block(moved, "b_page2")
    assert [block.id for block in copied.blocks][-1] == copy
    assert order(copied)[-1] == ["note_2", "name_2", "okay_2"]
    assert order(editing.remove_block(copied, "b_page0"))[0] == []


def test_a_question_of_every_type_can_be_added(definition: Definition) -> None:
    from surveys.definition import TYPES

    for kind in TYPES:
        definition, new = editing.add_question(definition, "b_page2", kind, {"en": "How was it?"}, at=0)  # type: ignore[arg-type]
        assert editing.get_question(definition, new).type == kind
    codes = [question.code for question in definition.questions]
    assert len(set(codes)) == len(codes)
    assert "how_was_it_2" in codes


def test_a_question_moves_within_and_between_blocks(definition: Definition) -> None:
    assert order(editing.move_question(definition, "q_easy", "b_page0", 0))[0] == ["easy", "score", "whyy", "happy"]
    assert order(editing.move_question(definition, "q_easy", "b_page2", 99))[2] == ["note", "name", "okay", "easy"]


def test_a_copied_question_has_its_own_ids_and_code(definition: Definition) -> None:
    copied, new = editing.duplicate_question(definition, "q_best")

    copy, original = editing.get_question(copied, new), editing.get_question(copied, "q_best")
    assert (copy.code, copy.text) == ("best_2", original.text)
    assert not {option.id for option in copy.options} & {option.id for option in original.options}
    assert order(copied)[1] == ["stars", "best", "best_2", "seen"]


def test_fields_are_changed_as_in_the_document(definition: Definition) -> None:
    changed = editing.edit_question(definition, "q_whyy", {"required": False, "show_if": None, "help": {"en": "?"}})

    question = editing.get_question(changed, "q_whyy")
    assert (question.required, question.show_if, question.help) == (False, None, {"en": "?"})


def test_another_type_keeps_what_fits(definition: Definition) -> None:
    several = editing.edit_question(definition, "q_best", {"type": "multiple_choice"})
    assert [option.code for option in editing.get_question(several, "q_best").options] == ["price", "taste"]
    score = editing.edit_question(definition, "q_best", {"type": "nps"})
    assert editing.get_question(score, "q_best").options == ()
    choice = editing.edit_question(definition, "q_score", {"type": "single_choice"})
    assert len(editing.get_question(choice, "q_score").options) == 2


def test_what_cannot_be_is_named_by_its_path(definition: Definition) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        editing.edit_question(definition, "q_happy", {"code": "score", "colour": "red"})

    assert set(refused.value.problems) == {"/blocks/0/questions/2/code", "/blocks/0/questions/2/colour"}


def test_options_are_added_changed_moved_and_removed(definition: Definition) -> None:
    def codes(made: Definition) -> list[str]:
        return [option.code for option in editing.get_question(made, "q_best").options]

    added, new = editing.add_option(definition, "q_best", {"en": "The Price"})
    assert codes(added) == ["price", "taste", "the_price"]
    renamed = editing.edit_option(added, "q_best", new, {"code": "cost", "text": {"de": "Kosten"}})
    assert codes(renamed) == ["price", "taste", "cost"]
    assert codes(editing.move_option(renamed, "q_best", new, 0)) == ["cost", "price", "taste"]
    assert codes(editing.remove_option(renamed, "q_best", new)) == ["price", "taste"]


def test_a_language_that_goes_takes_its_texts_along(definition: Definition) -> None:
    made = editing.edit_survey(definition, {"languages": ["en", "fr"]})

    assert made.languages == ("en", "fr")
    assert "'de'" not in str(dump(made))


def test_fresh_ids_keep_the_logic(definition: Definition) -> None:
    made = copying.with_fresh_ids(definition)

    assert not editing.ids_of(made) & editing.ids_of(definition)
    assert problems_for_publishing(made) == {}
    assert order(made) == order(definition)


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: editing.edit_block(d, "b_gone", {}),
        lambda d: editing.remove_block(d, "b_gone"),
        lambda d: editing.add_question(d, "b_gone", "nps"),
        lambda d: editing.edit_question(d, "q_gone", {}),
        lambda d: editing.move_question(d, "q_score", "b_gone", 0),
        lambda d: editing.move_question(d, "q_gone", "b_page0", 0),
        lambda d: editing.duplicate_question(d, "q_gone"),
        lambda d: editing.remove_question(d, "q_gone"),
        lambda d: editing.edit_option(d, "q_best", "o_seen0", {}),
        lambda d: editing.remove_option(d, "q_score", "o_best0"),
    ],
)
def test_a_part_that_is_gone_is_not_found(definition: Definition, edit: Callable[[Definition], object]) -> None:
    with pytest.raises(PartNotFound):
        edit(definition)
