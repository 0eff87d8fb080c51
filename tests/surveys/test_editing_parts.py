"""Edits of what stands beside the blocks."""

import pytest

from surveys import copying, editing, editing_parts
from surveys.definition import Definition, DefinitionInvalid, dump, parse, problems_for_publishing
from surveys.definition.parts import PartNotFound
from tests.surveys.logic_making import whole


@pytest.fixture
def definition() -> Definition:
    return parse(whole())


def test_parts_are_added_changed_moved_and_removed(definition: Definition) -> None:
    added, ending = editing_parts.add_part(definition, "endings", {"text": {"en": "Bye", "de": "Tschüss"}}, at=0)
    assert [one.id for one in added.endings] == [ending, "e_young", "e_full0"]
    changed = editing_parts.edit_part(added, "endings", ending, {"title": {"en": "x"}, "id": "e_other"})
    assert changed.endings[0].title == {"en": "x"}
    moved = editing_parts.move_part(changed, "endings", ending, 2)
    assert [one.id for one in moved.endings][-1] == ending
    assert len(editing_parts.remove_part(moved, "endings", ending).endings) == 2


def test_a_new_variable_quota_and_hidden_field_have_names_of_their_own(definition: Definition) -> None:
    for _ in range(2):
        definition, variable = editing_parts.add_part(definition, "variables", {})
        definition, quota = editing_parts.add_part(definition, "quotas", {"name": "Women"})
        definition, code = editing_parts.add_part(definition, "hidden", {})
    assert (variable[:2], quota[:2], code) == ("v_", "u_", "hidden_2")
    assert definition.quotas[-1].limit == 100


def test_what_cannot_be_is_refused_with_its_place(definition: Definition) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        editing_parts.edit_part(definition, "quotas", "u_grown", {"limit": 0})
    assert list(refused.value.problems) == ["/quotas/0/limit"]
    with pytest.raises(PartNotFound):
        editing_parts.remove_part(definition, "hidden", "gone")


def test_blocks_change_places_in_one_group_only(definition: Definition) -> None:
    grouped = editing_parts.shuffle_blocks(definition, ["b_page2", "b_page3"])

    assert grouped.shuffle == (("b_page2", "b_page3"),)
    assert editing_parts.shuffle_blocks(grouped, ["b_page3"]).shuffle == ()
    assert editing.remove_block(grouped, "b_page3").shuffle == ()


def test_a_copy_has_fresh_ids_everywhere_and_its_logic_follows(definition: Definition) -> None:
    copy = copying.with_fresh_ids(definition)

    assert not editing.ids_of(copy) & editing.ids_of(definition)
    assert problems_for_publishing(copy) == {}
    assert copy.quotas[0].ending == copy.endings[1].id
    assert copy.shuffle == ((copy.blocks[1].id, copy.blocks[2].id),)
    assert copy.blocks[1].questions[0].text["en"] == f"{{{{{copy.blocks[0].questions[1].id}|Friend}}}}, how likely?"


def test_a_language_that_goes_takes_its_words_along(definition: Definition) -> None:
    left = editing.edit_survey(definition, {"languages": ["en"]})

    assert left.endings[1].button == {"en": "On"}
    assert "(de)" not in str(dump(left)["endings"])
