"""What somebody sees who has never been here."""

from collections.abc import Callable

import pytest

from tests.e2e.browser import Phone, Screen, Visitor

PAGES = {"/": "landing", "/pricing": "pricing", "/sign-up": "sign-up", "/find-workspace": "find-workspace"}


@pytest.mark.browser
@pytest.mark.parametrize("screen", [Screen, Phone])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_first_pages_say_what_it_is_for(
    visitor: Callable[..., Visitor], screen: type[Screen], dark: bool
) -> None:
    somebody = visitor(screen, dark=dark)
    shade = "-dark" if dark else ""
    for path, name in (
        ("/", "landing"),
        ("/pricing", "pricing"),
        ("/sign-up", "sign-up"),
        ("/find-workspace", "find"),
    ):
        page = somebody.go(None, path)
        assert page.locator("h1").count() == 1
        somebody.stop_at(f"{name}{shade}")
