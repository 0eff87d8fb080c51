"""A person at a screen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Error, Page, Request

from tests.e2e.site import Site

STRICT = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
AXE = "async rules => (await axe.run(document, { ...rules, resultTypes: ['violations'] })).violations"


NOT_OURS = ("favicon", "Failed to execute 'postMessage' on 'DOMWindow'")
"""What the browser complains about without our doing; axe knocks at frames that have no origin."""


@dataclass(frozen=True)
class Screen:
    """A desktop window."""

    width: int = 1280
    height: int = 900


@dataclass(frozen=True)
class Phone(Screen):
    """A phone held upright."""

    width: int = 390
    height: int = 844


class Visitor:
    """One browser context. `stop_at` checks a page the way a strict reviewer would."""

    def __init__(
        self,
        browser: Browser,
        site: Site,
        screen: Screen,
        *,
        javascript: bool,
        dark: bool,
        pictures: str | None,
        language: str = "en-GB",
    ) -> None:
        self.site = site
        self.screen = screen
        self.pictures = Path(pictures) if pictures else None
        self.trouble: list[str] = []
        self._context = browser.new_context(
            viewport={"width": screen.width, "height": screen.height},
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",  # no colour is on its way to another while it is looked at
            locale=language,
            bypass_csp=False,
        )
        self._context.on("request", self._note)
        self._javascript = javascript
        self._context.set_default_timeout(15_000)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.trouble.append(f"page error: {error}"))

    def go(self, slug: str | None, path: str = "/") -> Page:
        """Opens an address of the site; fails when the server does."""
        answer = self.page.goto(self.site.url(slug, path))
        assert answer is not None
        assert answer.status < 500, f"{path} answered {answer.status}"
        return self.page

    def take(self, screen: Screen) -> None:
        """Goes on with what is open on another screen."""
        self.screen = screen
        self.page.set_viewport_size({"width": screen.width, "height": screen.height})

    def stop_at(self, name: str) -> None:
        """Looks at the page: nothing overflows, the console is quiet, axe finds nothing; takes a picture."""
        self.page.wait_for_load_state()  # a page that has only begun to arrive has nothing to look at
        wide = self.page.evaluate("document.documentElement.scrollWidth") if self._javascript else 0
        assert wide <= self.screen.width, f"{name} is {wide} px wide on a screen of {self.screen.width}"
        assert self.trouble == [], f"{name}: {self.trouble}"
        if self._javascript:
            self._please_axe(name)
        if self.pictures:
            self.pictures.mkdir(parents=True, exist_ok=True)
            path = self.pictures / f"{name}-{self.screen.width}.png"
            self.page.screenshot(path=str(path), full_page=True)

    def look_in_the_dark(self, name: str) -> None:
        """The whole of axe's rules again, on the same page in dark."""
        self.page.emulate_media(color_scheme="dark")
        self._please_axe(f"{name} in the dark")
        self.page.emulate_media(color_scheme="light")

    def _please_axe(self, name: str) -> None:
        found = self._violations()
        assert not found, f"{name}: {found}"

    def _violations(self) -> list[str]:
        if not self.page.evaluate("Boolean(window.axe)"):
            self.page.evaluate(AXE_SCRIPT)
        found: list[dict[str, Any]] = self.page.evaluate(AXE, STRICT)
        return [_short(violation) for violation in found]

    def told(self) -> str:
        """Where the person stands and what they read there, for who has to find out why a test failed."""
        try:
            main = self.page.locator("main")
            words = (main if main.count() else self.page.locator("body")).first.inner_text(timeout=2_000)
        except Error as gone:
            words = f"(no page: {gone.message})"
        return f"{self.page.url}\n{words}\ntrouble: {self.trouble}"

    def leave(self) -> None:
        self._context.close()

    def _note(self, request: Request) -> None:
        """Keeps what was typed, so that the site's log can be searched for it at the end."""
        sent = request.post_data_buffer
        if request.method == "POST" and sent and len(sent) < 100_000:
            self.site.typed.update(value for _, value in parse_qsl(sent.decode("utf-8", "replace")))

    def _listen(self, message: Any) -> None:
        ours = not any(words in message.text for words in NOT_OURS)
        if message.type in ("error", "warning") and ours:
            self.trouble.append(f"{message.type}: {message.text}")


def load_again(page: Page) -> None:
    """Loads the page again once it is whole: Chromium refuses it to a page that is still taking another's place."""
    page.wait_for_load_state("load")
    page.reload()


def _short(violation: dict[str, Any]) -> str:
    places = ", ".join(str(node["target"]) for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['impact']}): {violation['help']} at {places}"
