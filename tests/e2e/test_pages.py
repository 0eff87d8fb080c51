"""Every page of a tenant that has been lived in, as a strict reviewer looks at it; and the ways without a mouse.

`SCREENSHOTS=docs/screenshots` runs it over the whole demo and writes the pictures that stand in that folder:

    SCREENSHOTS=docs/screenshots .venv/bin/python -m pytest tests/e2e/test_pages.py -q
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect
from sqlalchemy import select

from infra.services import Services
from surveys import surveys
from surveys.models import Response, Survey
from tests.e2e import operating
from tests.e2e.browser import Phone, Screen, Visitor
from tests.e2e.furnished import House, furnished
from tests.e2e.stops import Stop
from web import create_app

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Visit = Callable[..., Visitor]

PICTURES = os.environ.get("SCREENSHOTS")
KEPT = {
    "home": "console-home",
    "surveys": "console-surveys",
    "builder": "console-builder",
    "results": "console-results",
    "answers": "console-answers",
    "brand": "console-brand",
    "survey": "survey",
    "thanks": "survey-thanks",
    "sign-up": "sign-up",
    "landing": "landing",
}
PARTS = 6
"""The console's pages are looked at in parts, so that none of them takes minutes."""
TALLEST = 1400
LIGHTEST_LINE = 30_000
"""Bytes that a respondent's first page may cost, headers and pictures included."""
NO_PAGE = re.compile(
    r"static|health\.|certificates\.|api_|public\.brand|.*\.(csv|xlsx|qr_svg|qr_png|check_address|enter)$|console\.surveys\.walk_preview"
    r"|console\.jobs\.(bell|result|errors)|console\.security\.download"
    r"|console\.invitations\.look|console\.surveys\.response_file"
    r"|console\.customers\.(count_segment|interaction_file|mails\.(evidence|file|whole))"
)
VISIBLE = """() => {
  const style = element => getComputedStyle(element);
  const drawn = e => e && style(e).outlineStyle !== "none" && parseFloat(style(e).outlineWidth) > 0;
  const it = document.activeElement;
  return drawn(it) || drawn(it.nextElementSibling) || it.matches("iframe, body");
}"""


@pytest.fixture(scope="module")
def house(services: Services) -> Iterator[House]:
    with furnished(services, scale=1.0 if PICTURES else 0.02) as found:
        yield found


def look_at(person: Visitor, slug: str | None, stops: list[Stop]) -> None:
    """Stops at each page on a desk and on a phone, takes the pictures to keep, and looks again in the dark."""
    pictures, person.pictures = person.pictures, None
    for stop in stops:
        person.take(Screen())
        answer = person.page.goto(person.site.url(slug, stop.path))
        assert answer is not None
        assert answer.status == stop.status, f"{stop.name}: {answer.status}"
        assert person.page.locator("h1").count() == 1, stop.name
        if answer.status >= 400:
            person.trouble.clear()  # the browser itself complains about the status
        for screen in (Screen(), Phone()):
            person.take(screen)
            person.stop_at(stop.name)
            if pictures and stop.name in KEPT:
                _keep(person, pictures / f"{KEPT[stop.name]}-{screen.width}.png")
        person.look_in_the_dark(stop.name)
    person.pictures = pictures


def test_every_page_before_the_console_fits_and_axe_finds_nothing(visitor: Visit, house: House) -> None:
    person = visitor()
    look_at(person, house.tenant.slug, house.doors + house.public)
    look_at(person, None, house.platform)


def test_every_page_of_the_operators_fits_and_axe_finds_nothing(visitor: Visit, house: House) -> None:
    person = visitor()
    operating.let_in(person, house.services)
    look_at(person, None, house.operator)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_of_the_console_fits_and_axe_finds_nothing(visitor: Visit, house: House, part: int) -> None:
    person, slug = visitor(), house.tenant.slug
    person.go(slug, house.code())
    look_at(person, slug, house.console[part::PARTS])


def test_no_page_is_left_out(services: Services, house: House) -> None:
    adapter = create_app(services).url_map.bind("rapport.test")
    pages = {
        rule.endpoint
        for rule in adapter.map.iter_rules()
        if "GET" in (rule.methods or ()) and not NO_PAGE.match(rule.endpoint)
    }
    looked_at = house.console + house.doors + house.public + house.platform + house.operator
    looked_at += [stop for _, stops in house.portal for stop in stops]
    found = {adapter.match(stop.path.partition("?")[0])[0] for stop in looked_at if stop.name not in UNROUTED}
    assert pages - found == set()


UNROUTED = {"not-there", "nothing"}


def test_a_viewer_is_refused_in_words_and_with_a_way_out(visitor: Visit, house: House) -> None:
    person = visitor(Phone)
    person.go(house.tenant.slug, house.code("viewer"))
    look_at(person, house.tenant.slug, [Stop("refused", "/console/settings/brand", 403)])
    person.page.get_by_role("link", name="Go to Home").click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("How your customers feel now")


def test_whoever_wants_no_motion_never_sees_a_half_faded_word(visitor: Visit, house: House) -> None:
    person = visitor()
    person.go(house.tenant.slug, house.code())
    page = person.go(house.tenant.slug, "/console/_patterns/states")
    lasting = page.evaluate("document.getAnimations().map(one => one.effect.getComputedTiming().activeDuration)")
    assert lasting, "nothing on the page is ever animated"
    assert set(lasting) == {0}


def test_a_survey_costs_a_phone_less_than_thirty_kilobytes(visitor: Visit, house: House) -> None:
    person = visitor(Phone)
    done: list[Request] = []
    person.page.on("requestfinished", lambda request: done.append(request))
    person.go(house.tenant.slug, "/s/recommend").wait_for_load_state("networkidle")
    sizes = {request.url: request.sizes() for request in done}
    cost = {url: size["responseBodySize"] + size["responseHeadersSize"] for url, size in sizes.items()}
    assert len(cost) >= 4, cost  # the page, two stylesheets, the script
    assert sum(cost.values()) < LIGHTEST_LINE, cost


def test_a_survey_is_answered_without_a_mouse(visitor: Visit, house: House) -> None:
    person = visitor(Screen)
    page = person.go(house.tenant.slug, "/s/recommend")
    tab_to(page, "input[type=radio]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    tab_to(page, "textarea")
    page.keyboard.type("Everything by keyboard.")
    tab_to(page, "[data-main]")
    page.keyboard.press("Enter")
    tab_to(page, "[data-main]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Please answer this question.")).to_be_visible()
    assert page.evaluate("document.activeElement.matches('input[type=radio]')"), (
        "the focus leads to what is missing"
    )
    page.keyboard.press("Space")
    tab_to(page, "[data-main]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/thanks**")
    with house.services.db.tenant_session(house.tenant) as session:
        texts = session.scalars(select(Response.texts).order_by(Response.id.desc()).limit(5)).all()
    assert any("Everything by keyboard." in text.values() for text in texts)


def test_a_question_is_added_and_moved_without_a_mouse(visitor: Visit, house: House) -> None:
    with house.services.db.tenant_session(house.tenant) as session:
        survey = surveys.create_from_template(session, "csat", zone="UTC", name="Without a mouse")
        before = [question.id for question in surveys.draft_of(survey).questions]
        found = survey.id
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    page = person.go(house.tenant.slug, f"/console/surveys/{found}/draft?at={before[-1]}")
    tab_to(page, "#f-kind")
    page.keyboard.type("Short")
    press(page, "button[value=add-question]")
    press(page, "button[value=up]")
    tab_to(page, "textarea[name='text.en'], input[name='text.en']")
    page.keyboard.type("What is your favourite place here?")
    press(page, ".save-bar button[value=stay]")
    expect(page.locator(".outline a[aria-current]")).to_contain_text("What is your favourite place here?")
    with house.services.db.tenant_session(house.tenant) as session:
        after = [question.id for question in surveys.draft_of(session.get_one(Survey, found)).questions]
    assert len(after) == len(before) + 1
    assert after[-1] == before[-1]
    assert after[-2] not in before


def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Tab until the focus is there; wherever it rests it can be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        assert page.evaluate(VISIBLE), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"no Tab leads to {selector}")


def press(page: Page, selector: str) -> None:
    """Reaches a button by Tab and waits for the page that it leads to."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _keep(person: Visitor, path: Path) -> None:
    """A picture of the page down to where a reader stops looking."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height = min(person.page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    clip = {"x": 0, "y": 0, "width": person.screen.width, "height": height}
    person.page.screenshot(path=str(path), full_page=True, clip=clip)  # type: ignore[arg-type]
