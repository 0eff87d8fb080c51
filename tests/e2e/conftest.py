"""A browser, a running site, and pages that are checked with axe wherever the journey stops.

`SCREENSHOTS=docs/screenshots` in the environment also writes a picture of each named stop.
"""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import Screen, Visitor
from tests.e2e.logs import quoted
from tests.e2e.site import Site, start

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from infra.services import Services
    from tests.support.mail import Post

OPENED: "pytest.StashKey[list[Visitor]]" = pytest.StashKey()
LAST_LINES = 40
"""Of the site's log, for a test that failed."""
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="session")
def site(
    environment: dict[str, str], services: "Services", post: "Post", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The product in processes of its own, with a spare tenant ready. At its end its log has named nobody."""
    from tenants import provisioning
    from web.demo.people import COLLEAGUES

    provisioning.fill_spares(services.db, services.keys, 3)
    project = Path(__file__).parents[2]
    own = {**environment, "RAPPORT_VALKEY_URL": own_queues(environment["RAPPORT_VALKEY_URL"])}
    running = start(own, project, tmp_path_factory.mktemp("site") / "log", receiving=True)
    yield running
    running.stop()
    people = [part for each in COLLEAGUES for part in (each.name, each.email, *each.name.split())]
    assert quoted(running.log.read_text(), [*running.typed, *post.recipients(), *people]) == set()


def own_queues(valkey_url: str) -> str:
    """Another database of the same Valkey: the site's worker lives on while other tests look into their queues."""
    address, _, number = valkey_url.rpartition("/")
    return f"{address}/{int(number) + 8}"


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        pytest.fail("The browser tests need Chromium: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed browser test tells what each visitor had before them, and what the site said last."""
    report = yield
    people = item.stash.get(OPENED, [])
    if report.failed and report.when == "call" and people:
        for number, person in enumerate(people, 1):
            report.sections.append((f"visitor {number} of {len(people)}", person.told()))
        last = people[0].site.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        report.sections.append((f"last {LAST_LINES} lines of the site's log", "\n".join(last)))
    return report


@pytest.fixture
def visitor(request: pytest.FixtureRequest, chromium: "Browser", site: Site) -> Iterator[Callable[..., Visitor]]:
    """Opens a visitor with a screen: `visitor(Phone)`, `visitor(Screen, javascript=False)`."""
    opened = request.node.stash.setdefault(OPENED, [])
    folder = os.environ.get("SCREENSHOTS")

    def open_visitor(
        screen: type[Screen] = Screen, *, javascript: bool = True, dark: bool = False, language: str = "en-GB"
    ) -> Visitor:
        person = Visitor(
            chromium, site, screen(), javascript=javascript, dark=dark, pictures=folder, language=language
        )
        opened.append(person)
        return person

    yield open_visitor
    for person in opened:
        person.leave()
