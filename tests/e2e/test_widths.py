"""Long texts, long names and the other direction of writing break no page, on narrow screens and wide ones."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import update

from infra.services import Services
from tenants import directory, staff
from tenants.models.control import Tenant
from tests.e2e import operating
from tests.e2e.browser import Screen, Visitor
from tests.e2e.furnished import House, furnished
from web.demo.people import COLLEAGUES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

Visit = Callable[..., Visitor]

NAME = "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenfabrikationsbetriebsleitungen"
WIDTHS = (1280, 390, 320)
ALL, EVEN, ODD = slice(None), slice(None, None, 2), slice(1, None, 2)
"""Pages: the made-up languages are longer than any, so that German and French share the rest of the work."""

SPILLED = """() => {
  const scrolls = ".sr, .skip, .table-wrap, .tabs, .rail, .outline, pre, svg, textarea, select, dialog, .menu";
  const inside = "details:not([open]) > :not(summary)";
  const found = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) found.push(`the page is ${wide} wide`);
  for (const element of document.querySelectorAll("main *, header *, nav *")) {
    if (element.closest(scrolls) || element.closest(inside)) continue;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const frame = element.parentElement.closest(".card, .notice, .empty, .bulk-bar, main, header");
    const around = frame ? frame.getBoundingClientRect() : { left: 0, right: innerWidth };
    if (box.right > around.right + 1 || box.left < around.left - 1)
      found.push(`${element.tagName}.${element.className} ${(element.textContent || "").trim().slice(0, 40)}`);
  }
  return found.slice(0, 3);
}"""


OPENED = """() => {
  const found = [];
  const measure = (what, element) => {
    const box = element.getBoundingClientRect();
    found.push({ what, left: Math.round(box.left), right: Math.round(box.right) });
  };
  for (const menu of document.querySelectorAll(".bar-top details")) {
    menu.open = true;
    measure(menu.className, menu.querySelector(".menu"));
    menu.open = false;
  }
  const keys = document.getElementById("keys");
  keys.showModal();
  measure("keys", keys);
  keys.close();
  return found;
}"""


@pytest.fixture(scope="module")
def house(services: Services) -> Iterator[House]:
    assert len(NAME) == 80
    with furnished(services, scale=0.01) as found:
        with services.db.control_session() as session:
            session.execute(update(Tenant).where(Tenant.id == found.tenant.id).values(name=NAME))
            directory.bump(session)
        yield found


def speak(house: House, locale: str) -> None:
    """The owner reads the console in the locale, under the longest name."""
    with house.services.db.tenant_session(house.tenant) as session:
        owner = staff.get(session, COLLEAGUES[0].id)
        owner.locale, owner.name = locale, NAME


@pytest.mark.parametrize(("locale", "part"), [("en-XA", ALL), ("ar-XB", ALL), ("de", EVEN), ("fr", ODD)])
def test_no_page_spills_over(visitor: Visit, house: House, locale: str, part: slice) -> None:
    speak(house, locale)
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    spilled: dict[str, Any] = {}
    for stop in house.console[part]:
        person.page.goto(person.site.url(house.tenant.slug, stop.path))
        if stop.status == 200:
            assert person.page.locator("html").get_attribute("lang") in (locale, "en"), stop.name
        spilled |= spills(person, stop.name, locale)
    assert spilled == {}


def test_what_opens_from_the_bar_stays_on_the_screen(visitor: Visit, house: House) -> None:
    person = visitor(Screen)
    spilled = []
    for locale in ("en-XA", "ar-XB"):
        speak(house, locale)
        person.go(house.tenant.slug, house.code())
        page = person.go(house.tenant.slug, "/console/surveys")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            for opened in page.evaluate(OPENED):
                if opened["left"] < 0 or opened["right"] > width:
                    spilled.append((locale, width, opened))
    assert spilled == []


def test_arabic_reads_from_the_right(visitor: Visit, house: House) -> None:
    speak(house, "ar-XB")
    person = visitor(Screen)
    person.go(house.tenant.slug, house.code())
    page = person.go(house.tenant.slug, "/console/surveys")
    assert page.locator("html").get_attribute("dir") == "rtl"
    rail, main = page.locator(".rail").bounding_box(), page.locator("main").bounding_box()
    assert rail is not None
    assert main is not None
    assert rail["x"] > main["x"], "the rail stands at the right"
    assert NAME in page.locator(".workspace").inner_text()


def test_a_visitor_is_met_in_their_language_and_nothing_spills(visitor: Visit, house: House) -> None:
    spilled: dict[str, Any] = {}
    for language in ("de-DE", "fr-FR"):
        person = visitor(Screen, language=language)
        for stop in house.platform + house.doors:
            slug = None if stop in house.platform else house.tenant.slug
            person.page.goto(person.site.url(slug, stop.path))
            assert person.page.locator("html").get_attribute("lang") == language[:2], stop.name
            spilled |= spills(person, stop.name, language)
        for stop in house.public:  # in the languages of the survey
            person.page.goto(person.site.url(house.tenant.slug, stop.path))
            spilled |= spills(person, stop.name, language)
    assert spilled == {}


def test_no_page_of_the_operators_spills_over(visitor: Visit, house: House) -> None:
    spilled: dict[str, Any] = {}
    for language in ("de-DE", "fr-FR"):
        person = visitor(Screen, language=language)
        operating.let_in(person, house.services)
        for stop in house.operator:
            person.page.goto(person.site.url(None, stop.path))
            assert person.page.locator("html").get_attribute("lang") == language[:2], stop.name
            spilled |= spills(person, stop.name, language)
    assert spilled == {}


def spills(person: Visitor, name: str, language: str) -> dict[str, Any]:
    """What stands over the edge of the page as it is, on each of the screens."""
    found: dict[str, Any] = {}
    for width in WIDTHS:
        person.page.set_viewport_size({"width": width, "height": 800})
        if over := person.page.evaluate(SPILLED):
            found[f"{name} at {width} in {language}"] = over
    return found
