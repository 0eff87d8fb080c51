"""Both evaluators are held to one table: Python here, JavaScript where there is a Node, and always in a browser
(`tests/e2e/test_logic.py`)."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.surveys.logic_cases import Node, cases, differences, in_python
from tests.surveys.logic_random import definitions, inputs


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_python_says_what_the_table_says(case: dict[str, object]) -> None:
    assert differences(case, in_python(case["definition"], case["input"])) == {}  # type: ignore[arg-type]


def test_javascript_says_what_the_table_says() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node here; the browser's test asks the same")
    table = cases()

    with Node(node) as javascript:
        said = javascript.evaluate([(case["definition"], case["input"]) for case in table])

    wrong = {case["name"]: differences(case, one) for case, one in zip(table, said, strict=True)}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_no_case_is_told_twice() -> None:
    names = [case["name"] for case in cases()]

    assert len(names) == len(set(names)) >= 120


@pytest.fixture(scope="module")
def javascript() -> Iterator[Node]:
    """One process for all random surveys."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node here; the browser's test asks the same")
    with Node(node) as running:
        yield running


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(definitions(), st.lists(inputs, min_size=1, max_size=4))
def test_both_evaluators_say_the_same_of_any_survey(
    javascript: Node, definition: dict[str, Any], given_: list[dict[str, Any]]
) -> None:
    said = javascript.evaluate([(definition, one) for one in given_])

    assert said == [in_python(definition, one) for one in given_]
