"""The evaluator that respondents' browsers run, in one, held to the table of cases."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.surveys.logic_cases import MODULES, cases, differences, in_python
from tests.surveys.logic_random import definitions, inputs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

EVALUATE = """async text => {
  const { evaluate } = await import("http://logic.test/evaluate.js");
  return JSON.stringify(JSON.parse(text).map(([definition, input]) => evaluate(definition, input)));
}"""


def evaluated(page: "Page", pairs: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What the browser says of each definition and input."""
    said: list[dict[str, Any]] = json.loads(page.evaluate(EVALUATE, json.dumps(pairs)))
    return said


def serve(route: "Route") -> None:
    """An empty page, and the modules beside it."""
    name = route.request.url.rpartition("/")[2]
    if name in MODULES:
        route.fulfill(body=MODULES[name], content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")


@pytest.fixture(scope="module")
def page(chromium: "Browser") -> Iterator["Page"]:
    """A page that has the module and nothing else."""
    context = chromium.new_context()
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    opened.route("http://logic.test/**", serve)
    opened.goto("http://logic.test/")
    yield opened
    context.close()


def test_a_browser_says_what_the_table_says(page: "Page") -> None:
    table = cases()

    said = evaluated(page, [[case["definition"], case["input"]] for case in table])

    wrong = {case["name"]: differences(case, one) for case, one in zip(table, said, strict=True)}
    assert {name: found for name, found in wrong.items() if found} == {}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(definitions(), st.lists(inputs, min_size=1, max_size=4))
def test_a_browser_says_what_the_server_says_of_any_survey(
    page: "Page", definition: dict[str, Any], given_: list[dict[str, Any]]
) -> None:
    said = evaluated(page, [[definition, one] for one in given_])

    assert said == [in_python(definition, one) for one in given_]
