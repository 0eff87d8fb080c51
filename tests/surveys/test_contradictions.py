"""Conditions that can never hold are named before somebody waits for answers that cannot come."""

from typing import Any

import pytest

from surveys.definition import parse, problems_for_publishing
from surveys.definition.conditions import read_condition
from surveys.definition.contradictions import Judge
from surveys.definition.reader import Node, Problems
from tests.surveys.logic_making import add, of_hidden, of_variable, variable
from tests.surveys.making import document, on, question

NEVER = "This condition can never hold: what it asks for excludes itself."
HERE = "This condition can never hold here: who comes here has answered otherwise."
LANGUAGE = {"left": {"type": "language"}, "operator": "equals", "right": {"type": "constant", "value": "de"}}


def survey(**fields: Any) -> dict[str, Any]:
    return document(
        [
            question("nps0", "nps"),
            question("star", "rating", points=5),
            question("pick", "single_choice", options=["red", "blue"]),
            question("many", "multiple_choice", options=["red", "blue", "green"], max_choices=2),
            question("okay", "consent"),
            question("text", "short_text"),
            question("late", "nps", show_if=on("nps0", "at_most", 6)),
        ],
        [question("last", "nps")],
        variables=[variable("sum0", start=1, terms=[add("nps0"), add("star", times=2)])],
        hidden=[
            {"code": "plan", "values": ["gold", "basic"]},
            {"code": "spent", "type": "number"},
            {"code": "free"},
        ],
        **fields,
    )


def less(left: str, right: str) -> dict[str, Any]:
    return {
        "left": {"type": "question", "id": f"q_{left}"},
        "operator": "less_than",
        "right": {"type": "question", "id": f"q_{right}"},
    }


NOT_LANGUAGE = {**LANGUAGE, "operator": "not_equals"}

IMPOSSIBLE: list[list[dict[str, Any]]] = [
    [on("nps0", "at_most", 3), on("nps0", "at_least", 4)],
    [on("nps0", "more_than", 3), on("nps0", "less_than", 4)],
    [on("nps0", "equals", 3), on("nps0", "not_equals", 3)],
    [on("nps0", "one_of", [1, 2]), on("nps0", "at_least", 3)],
    [on("nps0", "more_than", 10)],
    [on("nps0", "answered"), on("nps0", "unanswered")],
    [on("pick", "equals", "red"), on("pick", "equals", "blue")],
    [on("pick", "not_equals", "red"), on("pick", "not_equals", "blue")],
    [on("many", "includes_any", ["red"]), on("many", "includes_none", ["red"])],
    [on("many", "includes_all", ["red", "blue"]), on("many", "includes_any", ["green"])],
    [on("many", "includes_all", ["red", "blue", "green"])],
    [on("many", "includes_none", ["red", "blue", "green"]), on("many", "answered")],
    [on("okay", "equals", True), on("okay", "equals", False)],
    [on("text", "answered"), on("text", "unanswered")],
    [LANGUAGE, NOT_LANGUAGE],
    [of_hidden("plan", "equals", "gold"), of_hidden("plan", "not_equals", "gold"), of_hidden("plan", "answered")],
    [of_hidden("free", "equals", "a"), of_hidden("free", "equals", "b")],
    [of_hidden("spent", "at_most", 1.5), of_hidden("spent", "more_than", 1.5)],
    [of_variable("sum0", "more_than", 21.5)],
    [of_variable("sum0", "less_than", 0)],
    [on("late", "answered"), on("nps0", "at_least", 9)],
    [less("nps0", "star"), on("nps0", "at_least", 5)],
    [{"any": [on("nps0", "equals", 1), on("nps0", "equals", 2)]}, on("nps0", "at_least", 3)],
    [{"any": [on("pick", "equals", "red"), on("okay", "equals", True)]}, on("pick", "equals", "blue"),
     on("okay", "equals", False)],
]  # fmt: skip

POSSIBLE: list[list[dict[str, Any]]] = [
    [on("nps0", "at_most", 4), on("nps0", "at_least", 4)],
    [on("nps0", "not_equals", 3), on("nps0", "at_least", 3)],
    [on("nps0", "unanswered"), on("star", "at_least", 4)],
    [on("many", "includes_all", ["red"]), on("many", "includes_any", ["green", "blue"])],
    [on("many", "includes_none", ["red", "blue"]), on("many", "answered")],
    [on("late", "unanswered"), on("nps0", "at_least", 9)],
    [on("late", "answered"), on("nps0", "at_most", 6)],
    [of_hidden("free", "not_equals", "a"), of_hidden("free", "not_equals", "b")],
    [of_hidden("spent", "more_than", 1), of_hidden("spent", "less_than", 2)],
    [of_variable("sum0", "at_least", 21)],
    [of_variable("sum0", "more_than", 3), of_variable("sum0", "less_than", 4)],
    [less("nps0", "star"), on("nps0", "at_least", 4)],
    [{"any": [on("nps0", "equals", 1), on("nps0", "equals", 3)]}, on("nps0", "at_least", 3)],
]  # fmt: skip


def can_hold(conditions: list[dict[str, Any]]) -> bool:
    definition = parse(survey())
    condition = read_condition(Node({"all": conditions}, "", Problems()))
    assert condition is not None
    return Judge(definition).can_hold([condition])


@pytest.mark.parametrize("conditions", IMPOSSIBLE)
def test_what_excludes_itself_is_found(conditions: list[dict[str, Any]]) -> None:
    assert not can_hold(conditions)


@pytest.mark.parametrize("conditions", POSSIBLE)
def test_what_can_be_is_never_called_impossible(conditions: list[dict[str, Any]]) -> None:
    assert can_hold(conditions)


def problems(**rules: Any) -> dict[str, list[str]]:
    """What is said when `last` and its block have these rules."""
    source = survey()
    block = source["blocks"][1]
    block["questions"][0] |= {name: rule for name, rule in rules.items() if name != "block"}
    block |= rules.get("block", {})
    return problems_for_publishing(parse(source))


def test_a_condition_that_never_holds_is_named_where_it_stands() -> None:
    never = {"all": [on("nps0", "equals", 1), on("nps0", "equals", 2)]}

    assert problems(show_if=never) == {"/blocks/1/questions/0/show_if": [NEVER]}
    assert problems(require_if=never) == {"/blocks/1/questions/0/require_if": [NEVER]}
    assert problems(jumps=[{"to": "end", "when": never}]) == {"/blocks/1/questions/0/jumps/0/when": [NEVER]}
    assert problems(block={"show_if": never}) == {"/blocks/1/show_if": [NEVER]}


def test_a_condition_that_never_holds_where_it_stands_is_named_too() -> None:
    low, high = on("nps0", "at_most", 6), on("nps0", "at_least", 9)

    assert problems(block={"show_if": low}, show_if=high) == {"/blocks/1/questions/0/show_if": [HERE]}
    assert problems(show_if=low, require_if=high) == {"/blocks/1/questions/0/require_if": [HERE]}
    assert problems(show_if=low, require_if=on("nps0", "equals", 0)) == {}


def test_what_a_variable_was_before_says_nothing_of_what_it_is() -> None:
    assert (
        problems(block={"show_if": of_variable("sum0", "at_most", 3)}, show_if=of_variable("sum0", "at_least", 9))
        == {}
    )


def test_a_block_that_only_an_impossible_jump_leads_to_is_not_reached() -> None:
    never = {"all": [on("nps0", "equals", 1), on("nps0", "equals", 2)]}
    source = survey()
    source["blocks"].append({"id": "b_page2", "questions": [question("more", "nps")]})
    source["blocks"][0]["jumps"] = [{"to": "b_page1", "when": never}, {"to": "b_page2"}]

    found = problems_for_publishing(parse(source))

    assert set(found) == {"/blocks/0/jumps/0/when", "/blocks/1"}
