"""The customer pages in a real browser: every page looked at, and the way in by mail, without a mouse."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from customers import people
from infra.services import Services
from tenants.permissions import SYSTEM
from tests.e2e.browser import Phone, Screen, Visitor
from tests.e2e.furnished import House, furnished
from tests.e2e.portal_stops import COOKIE
from tests.e2e.test_pages import look_at, tab_to
from tests.e2e.test_widths import spills
from tests.support.mail import Post

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def house(services: Services) -> Iterator[House]:
    with furnished(services, scale=0.02) as found:
        yield found


def enter(person: Visitor, house: House, token: str) -> None:
    """With the cookie of a session."""
    url = person.site.url(house.tenant.slug, "/")
    person.page.context.add_cookies([{"name": COOKIE, "value": token, "url": url, "httpOnly": True}])


def test_every_page_of_a_customer_fits_and_axe_finds_nothing(visitor: Visit, house: House) -> None:
    for token, stops in house.portal:
        person = visitor()
        enter(person, house, token)
        look_at(person, house.tenant.slug, stops)


def test_no_page_of_a_customer_spills_over(visitor: Visit, house: House) -> None:
    spilled: dict[str, Any] = {}
    person = visitor(Screen)
    for token, stops in house.portal:
        enter(person, house, token)
        for stop in stops:
            person.page.goto(person.site.url(house.tenant.slug, stop.path))
            spilled |= spills(person, stop.name, "en")
    assert spilled == {}


def mailed(post: Post, to: str, pattern: str) -> str:
    body = post.wait_for(to).get_body(("plain",))
    assert body is not None
    found = re.search(pattern, body.get_content(), re.MULTILINE)
    assert found, body.get_content()
    return found[0]


def ask(page: Page, email: str) -> None:
    """Types the address and sends it, by keyboard."""
    tab_to(page, "#email")
    page.keyboard.type(email)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_family_comes_in_by_code_and_one_takes_their_data_along(
    visitor: Visit, house: House, post: Post, tmp_path: Path
) -> None:
    with house.services.db.tenant_session(house.tenant) as session:
        for name in ("Eva Brown", "Adam Brown"):
            people.add(session, by=SYSTEM, name=name, email="browns@example.org")
    person = visitor(Phone)
    page = person.go(house.tenant.slug, "/portal/data")
    ask(page, "browns@example.org")
    person.stop_at("portal-code")
    tab_to(page, "#code")
    page.keyboard.type(mailed(post, "browns@example.org", r"\b\d{4} \d{4}\b"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    person.stop_at("portal-who")
    expect(page.get_by_text("Brown")).to_have_count(0)
    page.get_by_role("button", name="Adam").press("Enter")
    page.wait_for_url("**/portal/data")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download everything").press("Enter")
    path = tmp_path / "data.zip"
    waiting.value.save_as(path)
    assert b"Adam Brown" in zipfile.ZipFile(io.BytesIO(path.read_bytes())).read("data.json")
    page.get_by_role("link", name="Correct my data").press("Enter")
    page.get_by_label("Name", exact=True).fill("Adam Green")
    page.get_by_role("button", name="Save my data").press("Enter")
    expect(page.get_by_text("Adam Green").first).to_be_visible()
    page.get_by_role("link", name="Have it deleted").press("Enter")
    page.get_by_role("button", name="Ask for my data to be deleted").press("Enter")
    expect(page.get_by_text("Your request has arrived.")).to_be_visible()
    page.get_by_role("button", name="Take my request back").press("Enter")
    expect(page.get_by_text("Nothing is deleted.")).to_be_visible()


def test_the_link_of_the_mail_signs_in_another_device(visitor: Visit, house: House, post: Post) -> None:
    with house.services.db.tenant_session(house.tenant) as session:
        people.add(session, by=SYSTEM, name="Zoe Green", email="zoe.green@example.org")
    ask(visitor(Screen).go(house.tenant.slug, "/portal/sign-in"), "zoe.green@example.org")
    path = mailed(post, "zoe.green@example.org", r"/portal/sign-in/link/\S+")
    page = visitor(Phone).go(house.tenant.slug, path)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello Zoe")
