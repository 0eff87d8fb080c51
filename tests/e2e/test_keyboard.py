"""The console without a mouse, in a real browser: keys, dialogs, menus, rows, and what a page says meanwhile."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from infra.services import Services
from tests.e2e.browser import Phone, Screen, Visitor
from tests.e2e.furnished import House, furnished
from tests.e2e.test_pages import VISIBLE, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Visit = Callable[..., Visitor]

FOCUSED = "document.activeElement.matches(%r)"
IN_DIALOG = "document.activeElement.closest('dialog') !== null || document.activeElement === document.body"


@pytest.fixture(scope="module")
def house(services: Services) -> Iterator[House]:
    with furnished(services, scale=0.02) as found:
        yield found


@pytest.fixture
def page(visitor: Visit, house: House) -> Page:
    """The owner's Home."""
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    return person.go(house.tenant.slug, "/console/")


def becomes(page: Page, expression: str, seconds: float = 15) -> None:
    """Asks until it is so. Playwright's own way makes code from text in the page, which our policy forbids."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


def focused(page: Page, selector: str) -> bool:
    return bool(page.evaluate(FOCUSED % selector))


def test_every_key_of_the_list_leads_where_the_list_says(page: Page) -> None:
    page.keyboard.press("?")
    rows = page.locator("#keys dl > *").all_inner_texts()
    listed = dict(zip(rows[::2], rows[1::2], strict=True))
    letters = [keys.split()[-1] for keys in listed if keys.startswith("g")]
    shown = page.locator(".rail a[data-key]").evaluate_all("links => links.map(link => link.dataset.key)")
    assert sorted(letters) == sorted(shown)
    assert len(set(letters)) == len(letters) >= 3
    page.keyboard.press("Escape")
    for letter in letters:
        page.keyboard.press("g")
        with page.expect_navigation():
            page.keyboard.press(letter)
        expect(page.locator(f'.rail a[data-key="{letter}"]')).to_have_attribute("aria-current", "page")


def test_the_list_of_keys_keeps_the_focus_and_gives_it_back(page: Page) -> None:
    tab_to(page, ".rail a")
    before = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    for _ in range(6):
        assert page.evaluate(IN_DIALOG)
        page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent") == before
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#keys")).to_be_hidden()


def test_keys_are_letters_where_somebody_writes(visitor: Visit, house: House) -> None:
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    page = person.go(house.tenant.slug, "/console/settings/languages")
    page.goto(person.site.url(house.tenant.slug, "/console/surveys/new"))
    page.locator("#f-name").focus()
    page.keyboard.type("gs?/")
    expect(page.locator("#f-name")).to_have_value("gs?/")
    expect(page.locator("#keys")).to_be_hidden()


def test_the_slash_leads_to_the_search(page: Page) -> None:
    page.keyboard.press("/")
    assert focused(page, "input[type=search]")


def test_the_first_stop_skips_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    assert focused(page, ".skip")
    page.keyboard.press("Enter")
    assert focused(page, "main")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_persons_menu_opens_and_closes_by_key_and_gives_the_focus_back(page: Page) -> None:
    tab_to(page, ".person > summary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.person') !== null")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    assert focused(page, ".person > summary")


def test_the_menu_opens_without_a_script(visitor: Visit, house: House) -> None:
    person = visitor(Phone, javascript=False)
    person.go(house.tenant.slug, house.code())
    page = person.go(house.tenant.slug, "/console/")
    page.locator(".person > summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_dark_is_dark_whatever_the_device_says(page: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator(".person > summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.emulate_media(color_scheme="light")
    assert page.evaluate(ground) == dark


def test_the_focus_can_be_seen_at_every_stop_of_a_page(visitor: Visit, house: House) -> None:
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    for path in ("/console/surveys", "/console/settings/brand", "/console/_patterns/controls"):
        page = person.go(house.tenant.slug, path)
        for _ in range(30):
            page.keyboard.press("Tab")
            assert page.evaluate(VISIBLE), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_a_wide_table_is_reached_and_moved_by_key(visitor: Visit, house: House) -> None:
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    page = person.go(house.tenant.slug, "/console/_patterns/list")
    page.set_viewport_size({"width": 640, "height": 900})
    page.evaluate("document.querySelector('.table-wrap table').style.minWidth = '1200px'")
    tab_to(page, ".table-wrap")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    becomes(page, "document.activeElement.scrollLeft > 0")


def test_rows_are_chosen_by_key_and_counted_aloud(visitor: Visit, house: House) -> None:
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    page = person.go(house.tenant.slug, "/console/_patterns/list")
    tab_to(page, "[data-choose-all]")
    page.keyboard.press("Space")
    expect(page.locator(".bulk-bar [role=status]")).to_have_text("3 chosen")
    tab_to(page, "[name=ids]")
    page.keyboard.press("Space")
    expect(page.locator(".bulk-bar [role=status]")).to_have_text("2 chosen")
    tab_to(page, ".bulk-bar button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_text("done what its button promised")).to_be_visible()


class Held:
    """Requests that wait until the test lets them go on."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def __call__(self, route: Route) -> None:
        self.routes.append(route)

    def go_on(self, page: Page) -> None:
        page.wait_for_timeout(0)
        while self.routes:
            self.routes.pop().continue_()


def test_a_list_that_is_slow_says_so_and_the_focus_stays_where_one_types(visitor: Visit, house: House) -> None:
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    page = person.go(house.tenant.slug, "/console/surveys")
    held = Held()
    page.route("**/console/surveys?*q=*", held)
    page.locator("main input[type=search]").fill("coffee")
    page.locator("#list.htmx-request").wait_for()
    assert page.evaluate("getComputedStyle(document.querySelector('#list')).animationDelay") == "0.3s"
    becomes(page, "getComputedStyle(document.querySelector('#list')).opacity < 0.9")
    held.go_on(page)
    expect(page.locator("#list tbody tr")).to_have_count(1)
    assert focused(page, "main input[type=search]")
    assert page.url.endswith("q=coffee")


def test_a_part_that_cannot_be_loaded_says_so_and_the_list_stays(visitor: Visit, house: House) -> None:
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    page = person.go(house.tenant.slug, "/console/surveys")
    rows = page.locator("#list tbody tr").count()
    page.route("**/console/surveys?*q=*", lambda route: route.abort())
    page.locator("main input[type=search]").fill("coffee")
    expect(page.get_by_text("This part could not be loaded again.")).to_be_visible()
    assert page.locator("#list tbody tr").count() == rows
    page.unroute("**/console/surveys?*q=*")
    page.get_by_role("link", name="Load the page again").click()
    expect(page.get_by_text("This part could not be loaded again.")).to_be_hidden()


def test_a_form_is_sent_once_however_often_its_button_is_pressed(visitor: Visit, house: House) -> None:
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    page = person.go(house.tenant.slug, "/console/_patterns/settings")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    with page.expect_navigation():
        busy = page.evaluate(
            """() => {
          const button = document.querySelector("#zone .button-primary");
          for (let pressed = 0; pressed < 3; pressed++) button.click();
          return button.matches(".busy");
        }"""
        )
    assert busy
    assert sent.count("POST") == 1
    expect(page.locator(".busy")).to_have_count(0)
