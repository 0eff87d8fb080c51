"""How long a survey takes is said before anybody has answered it."""

import pytest

from surveys.definition import estimate, parse
from surveys.library import list_templates
from tests.surveys.logic_making import whole
from tests.surveys.making import document, on, question


def seconds(*blocks: list[dict[str, object]]) -> tuple[float, float]:
    found = estimate(parse(document(*blocks)))
    return found.least, found.most


def test_reading_takes_a_minute_for_238_words_and_a_mark_its_time() -> None:
    asked = {**question("aaaa", "nps"), "text": {"en": "word " * 238}}

    least, most = seconds([asked])

    assert least == most == pytest.approx(60 + 2.65)


def test_words_without_spaces_are_counted_by_character() -> None:
    note = {**question("note", "statement"), "text": {"en": "字" * 255}}
    chinese = {**document([note]), "default_language": "zh", "languages": ["zh"]}
    chinese["blocks"][0]["questions"][0]["text"] = {"zh": "字" * 255}

    assert estimate(parse(chinese)).most == pytest.approx(60)


def test_what_only_some_are_asked_counts_for_the_longest_way_only() -> None:
    always, sometimes = question("aaaa", "nps"), question("bbbb", "long_text", show_if=on("aaaa", "at_most", 6))

    least, most = seconds([always, sometimes])

    assert most - least > 30


def test_a_jump_shortens_the_shortest_way() -> None:
    pages = [[question("aaaa", "nps")], [question("bbbb", "long_text")], [question("cccc", "nps")]]
    straight = seconds(*pages)
    pages[0][0]["jumps"] = [{"to": "b_page2", "when": on("aaaa", "equals", 10)}]

    jumping = seconds(*pages)

    assert jumping[1] == straight[1]
    assert straight[0] - jumping[0] > 30


def test_screening_out_is_the_shortest_way() -> None:
    found = estimate(parse(whole()))

    assert found.least < 10 < found.most
    assert found.minutes[0] == 1


def test_our_templates_take_a_minute_or_two() -> None:
    assert {estimate(template.definition).minutes[1] for template in list_templates()} <= {1, 2}
