"""The respondent's page in a real browser: with its script, without it, by keyboard, small and dark."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from infra.db import TenantRef
from infra.services import Services
from surveys import publishing, surveys
from surveys.answers import compile_survey, normalise
from surveys.definition import parse
from surveys.models import Response
from tests.e2e.browser import Phone, Screen, Visitor
from tests.surveys.logic_making import add, of_variable, spoken, variable
from tests.surveys.making import document, everything, on, question, text

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

FILL = """given => {
  for (const box of document.querySelectorAll("[data-q]")) {
    const wanted = [].concat(given[box.id] ?? []).map(String);
    for (const input of box.querySelectorAll("[name='" + box.id + "']")) {
      if (/radio|checkbox/.test(input.type)) input.checked = wanted.includes(input.value);
      else input.value = wanted[0] ?? "";
    }
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
  document.querySelector("[data-q] input").dispatchEvent(new Event("input", { bubbles: true }));
}"""
SHOWN = """() => [...document.querySelectorAll("[data-q]:not([hidden])")].map(box => box.id)"""


def published(services: Services, tenant: TenantRef, definition: dict[str, Any]) -> str:
    """The address of the survey."""
    with services.db.tenant_session(tenant) as session:
        survey = surveys.create_from_document(session, "How was it?", definition, zone="UTC")
        publishing.publish(session, survey)
        return survey.address


def stored(services: Services, tenant: TenantRef) -> list[Response]:
    with services.db.tenant_session(tenant) as session:
        return list(session.scalars(select(Response)))


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"[name=q_{name}][value='{value}']").check(force=True)


def tangled() -> dict[str, Any]:
    """Conditions of every operator, groups and jumps."""
    both = {
        "all": [
            on("aaaa", "at_least", 3),
            {"any": [on("bbbb", "includes_any", ["x", "y"]), on("cccc", "answered")]},
        ]
    }
    return document(
        [
            question("aaaa", "nps", jumps=[{"to": "b_page2", "when": on("aaaa", "equals", 0)}]),
            question("bbbb", "multiple_choice", options=["x", "y", "z"]),
            question("cccc", "short_text", show_if=on("bbbb", "includes_all", ["x", "z"])),
            question("dddd", "rating", show_if=on("aaaa", "less_than", 5)),
            question("eeee", "statement", show_if=both),
        ],
        [
            question("ffff", "single_choice", options=["x", "y", "z"], show_if=on("dddd", "unanswered")),
            question("gggg", "csat", show_if=on("ffff", "one_of", ["x", "y"])),
            question("hhhh", "consent", show_if=on("ffff", "not_equals", "x")),
            question(
                "iiii",
                "ces",
                show_if=on("hhhh", "equals", True),
                jumps=[{"to": "end", "when": on("iiii", "more_than", 5)}],
            ),
        ],
        [question("jjjj", "long_text", show_if=on("bbbb", "includes_none", ["y"])), question("kkkk", "nps")],
    )


def test_the_script_and_the_server_walk_the_same_path(
    visitor: Visit, services: Services, own_tenant: TenantRef
) -> None:
    definition = tangled()
    address = published(services, own_tenant, definition)
    survey = compile_survey(parse(definition))
    page = visitor(Phone).go(own_tenant.slug, f"/s/{address}")
    dice = random.Random(7)
    for _ in range(150):
        given: dict[str, Any] = {}
        for asked in survey.definition.questions:
            if dice.random() < 0.7 and asked.type != "statement":
                codes = list(asked.codes)
                given[asked.id] = (
                    dice.sample(codes, dice.randint(1, 3))
                    if asked.type == "multiple_choice"
                    else "yes"
                    if asked.type == "consent"
                    else dice.choice(codes)
                    if codes
                    else "words"
                )
        page.evaluate(FILL, given)
        checked = normalise(survey, given, "en")
        path = survey.path({**checked.answers, **checked.texts}, "en").questions
        assert page.evaluate(SHOWN) == list(path), given


def test_a_survey_is_answered_with_the_keyboard_alone(
    visitor: Visit, services: Services, own_tenant: TenantRef
) -> None:
    address = published(services, own_tenant, everything())
    person = visitor(Screen)
    page = person.go(own_tenant.slug, f"/s/{address}")
    page.keyboard.press("Tab")
    page.keyboard.press("3")
    expect(page.locator("[name=q_score][value='3']")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("The queue was long.")
    page.locator("[data-main]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-block=b_page1]")).to_be_visible()
    person.stop_at("survey-second-block")
    for _ in range(2):
        page.locator("[data-main]").focus()
        page.keyboard.press("Enter")
    page.wait_for_url("**/thanks**")
    person.stop_at("survey-thanks")
    (response,) = stored(services, own_tenant)
    assert (response.state, response.nps, response.texts) == ("finished", 3, {"q_whyy": "The queue was long."})


def test_a_survey_is_answered_without_javascript(visitor: Visit, services: Services, own_tenant: TenantRef) -> None:
    address = published(services, own_tenant, everything())
    page = visitor(Phone, javascript=False).go(own_tenant.slug, f"/s/{address}")
    choose(page, "score", "2")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("whyy").fill("Too cold")
    page.get_by_role("button", name="Continue").click()
    choose(page, "stars", "4")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send answers").click()
    page.wait_for_url("**/thanks**")
    (response,) = stored(services, own_tenant)
    assert response.answers == {"q_score": 2, "q_stars": 4, "q_okay": False}


def test_going_back_in_the_browser_and_sending_again_is_a_correction(
    visitor: Visit, services: Services, own_tenant: TenantRef
) -> None:
    address = published(services, own_tenant, document([question("score", "nps", required=True)]))
    page = visitor(Phone).go(own_tenant.slug, f"/s/{address}")
    for value in ("9", "10"):
        choose(page, "score", value)
        page.get_by_role("button", name="Send answers").click()
        page.wait_for_url("**/thanks**")
        page.go_back()
    (response,) = stored(services, own_tenant)
    assert (response.nps, response.revision > 1) == (10, True)


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_the_narrowest_screen(
    visitor: Visit, services: Services, own_tenant: TenantRef, dark: bool
) -> None:
    address = published(services, own_tenant, everything())
    person = visitor(Phone, dark=dark)
    page = person.go(own_tenant.slug, f"/s/{address}")
    page.set_viewport_size({"width": 320, "height": 640})
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Please answer this question.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    person.stop_at(f"survey-narrow-{'dark' if dark else 'light'}")


def lively() -> dict[str, Any]:
    """Everything that the script does beside the path: places in texts, a variable, an order, a required answer."""
    codes = [f"c{n}" for n in range(6)]
    taste = question("taste", "single_choice", options=codes, other=text("else"), shuffle=True)
    taste["options"][3]["points"] = 2.5
    said = "{{q_name|You}} chose {{q_taste|nothing}}, {{v_total}} points on plan {{hidden.plan|none}}."
    why = question("whyy", "nps", require_if=of_variable("total", "less_than", 5))
    return document(
        [question("name", "short_text"), taste],
        [spoken("note", "statement", said), why],
        [question("bbbb", "nps")],
        [question("cccc", "nps")],
        variables=[variable("total", terms=[add("taste", times=2)])],
        hidden=[{"code": "plan"}],
        shuffle=[["b_page2", "b_page3"]],
    )


def test_texts_are_filled_while_somebody_answers(visitor: Visit, services: Services, own_tenant: TenantRef) -> None:
    address = published(services, own_tenant, lively())
    person = visitor(Phone)
    page = person.go(own_tenant.slug, f"/s/{address}?plan=gold")
    page.locator("[name=q_name]").fill("Ada <b>")
    choose(page, "taste", "c3")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#q_note")).to_have_text("Ada <b> chose c3, 5 points on plan gold.")
    expect(page.locator("#q_whyy .req")).to_be_hidden()
    page.get_by_role("button", name="Back").click()
    choose(page, "taste", "other")
    page.locator("[name='q_taste.other']").fill("the colour")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#q_note")).to_have_text("Ada <b> chose the colour, 0 points on plan gold.")
    expect(page.locator("#q_whyy .req")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#q_whyy-e")).to_have_text("Please answer this question.")
    choose(page, "whyy", "4")
    person.stop_at("survey-filled")
    for _ in range(3):
        page.locator("[data-main]").click()
    page.wait_for_url("**/thanks**")
    (response,) = stored(services, own_tenant)
    assert (response.state, response.answers) == ("finished", {"q_taste": "other", "q_whyy": 4})
