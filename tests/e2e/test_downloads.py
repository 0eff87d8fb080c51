"""Files behind the question for the password: saved by the browser, and the page that is left leads on."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from infra.services import Services
from tests.e2e.browser import Phone, Visitor
from tests.e2e.furnished import House, furnished
from web.demo.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Visit = Callable[..., Visitor]
both = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])


@pytest.fixture(scope="module")
def house(services: Services) -> Iterator[House]:
    with furnished(services, scale=0.02) as found:
        yield found


def let_in(person: Visitor, house: House) -> None:
    """By a code that proves no password."""
    person.go(house.tenant.slug, house.code())


def type_the_password(person: Visitor) -> None:
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    person.page.get_by_label("Password").fill(PASSWORD)
    person.page.get_by_role("button", name="Continue").click()


@both
def test_answers_are_saved_after_the_question_and_the_page_leads_back(
    visitor: Visit, house: House, javascript: bool
) -> None:
    person = visitor(Phone, javascript=javascript)
    let_in(person, house)
    page = person.go(house.tenant.slug, next(stop.path for stop in house.console if stop.name == "answers"))
    page.get_by_role("link", name="Download all as CSV").click()
    with page.expect_download() as begun:
        type_the_password(person)
    assert begun.value.suggested_filename == "recommend.csv"
    assert begun.value.failure() is None
    expect(page.get_by_role("heading", level=1)).to_have_text("Your file is ready")
    person.stop_at("download")
    if javascript:
        person.look_in_the_dark("download")
    with page.expect_download() as again:
        page.get_by_role("link", name="Download file").click()
    assert again.value.suggested_filename == "recommend.csv"
    page.get_by_role("link", name="Go back").click()
    expect(page).to_have_url(re.compile("/responses$"))


@both
def test_the_audit_log_is_saved_after_the_question_and_the_page_leads_back(
    visitor: Visit, house: House, javascript: bool
) -> None:
    person = visitor(javascript=javascript)
    let_in(person, house)
    page = person.go(house.tenant.slug, "/console/settings/audit")
    page.get_by_role("button", name=re.compile("CSV|Export|file")).first.click()
    type_the_password(person)
    person.stop_at("download-offered")
    with page.expect_download() as begun:
        page.get_by_role("button", name="Download file").click()
    assert begun.value.suggested_filename.startswith("audit-log-")
    page.get_by_role("link", name="Go back").click()
    expect(page).to_have_url(re.compile("/settings/audit$"))
