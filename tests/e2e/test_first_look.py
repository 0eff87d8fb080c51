"""What somebody sees who has never been here."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import Phone, Screen, Visitor


@pytest.mark.browser
@pytest.mark.parametrize("screen", [Screen, Phone])
def test_the_first_page_shows_the_product_and_leads_to_a_workspace(
    visitor: Callable[..., Visitor], screen: type[Screen]
) -> None:
    somebody = visitor(screen)
    page = somebody.go(None)
    expect(page.get_by_role("heading", level=1)).to_contain_text("how your customers feel")
    for picture in page.locator("main img").all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    page.get_by_role("link", name="Set up your workspace").first.click()
    expect(page.get_by_label("Name of your business")).to_be_visible()
