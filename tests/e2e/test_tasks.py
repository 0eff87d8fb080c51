"""The eight tasks of docs/tasks.md, each found from Home by what stands on the pages, on a desktop and a phone."""

import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import Phone, Screen, Visitor, load_again
from tests.e2e.test_main_job import PASSWORD, answer, logo, sign_up
from tests.e2e.test_staff_story import join
from tests.support.mail import Post
from tests.support.receivers import Receiver
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver(204)
    yield started
    started.stop()


def to_home(person: Visitor) -> Page:
    person.page.get_by_role("link", name="Home", exact=True).first.click()
    expect(person.page).to_have_url(re.compile("/console/$"))
    return person.page


def to_settings(person: Visitor, section: str) -> Page:
    """From Home by the rail and the list of sections."""
    page = to_home(person)
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name=section, exact=True).click()
    return page


def to_profile(person: Visitor, name: str) -> Page:
    """From Home by the menu under one's own name."""
    page = to_home(person)
    page.locator("summary", has_text=name).click()
    page.get_by_role("link", name="Your profile").click()
    return page


def prove(page: Page, done: Locator) -> None:
    """Types the password where it is asked for; what was typed before outlives the question."""
    asked = page.get_by_role("heading", name="Is it you?")
    expect(asked.or_(done)).to_be_visible()
    if asked.is_visible():
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
    expect(done).to_be_visible()


def invite_a_colleague(owner: Visitor, email: str) -> None:
    page = to_settings(owner, "People")
    page.get_by_role("link", name="Invite colleague").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Name").fill("Kim Lee")
    page.get_by_role("button", name="Send invitation").click()
    prove(page, page.get_by_text("The invitation is on its way"))


def brand_the_pages(owner: Visitor) -> None:
    page = to_home(owner)
    page.get_by_role("link", name="Set your brand").click()
    page.get_by_label("Image file").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": logo()})
    page.get_by_role("button", name="Upload the logo").click()
    expect(page.get_by_text("Your logo is saved")).to_be_visible()
    page.get_by_label("Your colour").fill("#7a1e3c")
    page.get_by_role("button", name="Save the brand").click()
    expect(page.get_by_text("Your brand is saved")).to_be_visible()


def publish_a_survey(owner: Visitor) -> str:
    """Answers the link that customers get."""
    page = to_home(owner)
    page.get_by_role("link", name="Choose a template").click()
    page.get_by_role("button", name=re.compile("Use template")).first.click()
    page.get_by_role("link", name="Publish", exact=True).click()
    page.get_by_role("button", name="Publish survey").click()
    expect(page.get_by_text("Your survey is live")).to_be_visible()
    link = page.get_by_role("link", name="http://").get_attribute("href")
    assert link
    return link


def find_a_low_answer(owner: Visitor) -> None:
    """From Home in two clicks; and by the list of answers, whose chips say which ones are low."""
    page = to_home(owner)
    page.get_by_role("link", name="Read low answers").click()
    owner.stop_at("task-low-answers")
    page.get_by_role("link", name=re.compile("The coffee is great")).click()
    expect(page.locator("main")).to_contain_text("3")
    page = to_home(owner)
    page.get_by_role("link", name="Surveys", exact=True).click()
    page.get_by_role("link", name="Recommendation (NPS)").click()
    page.get_by_role("link", name="Answers", exact=True).click()
    page.get_by_role("link", name="Detractors (0 to 6)").click()
    expect(page.get_by_text("1 of 1")).to_be_visible()


def give_an_api_key(owner: Visitor) -> None:
    page = to_settings(owner, "API keys")
    page.get_by_label("Name").fill("Web shop")
    page.get_by_label("read results").check()
    page.get_by_role("button", name="Make the key").click()
    made = page.get_by_role("heading", name="Your new API key")
    prove(page, made)
    owner.stop_at("task-api-key")
    assert page.get_by_label("Web shop").input_value().startswith("rk_")
    expect(page.get_by_text(re.compile(r"Send it with every request to http://\S+/api/v1:"))).to_be_visible()
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("link", name="Web shop")).to_be_visible()


def connect_a_webhook(owner: Visitor, receiver: Receiver) -> None:
    page = to_settings(owner, "Webhooks")
    page.get_by_role("link", name="New webhook").click()
    page.get_by_label("Address", exact=True).fill(receiver.url)
    page.get_by_label("Description").fill("Our CRM")
    page.get_by_role("button", name="Make webhook").click()
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Send a test event").click()
    expect(page).to_have_url(re.compile("/deliveries/"))
    until(lambda: said_after_loading(page, "Delivered"), "the page that says so")
    assert b"webhook.test" in receiver.calls[0].body


def said_after_loading(page: Page, words: str) -> bool:
    """Whether the page says it once it is opened again."""
    load_again(page)
    return page.locator("main").get_by_text(words, exact=True).count() > 0


def read_the_audit_log(owner: Visitor) -> None:
    """Each task before has left its line."""
    page = to_settings(owner, "Audit log")
    owner.stop_at("task-audit-log")
    for said in (
        "Ola Kettle invited a colleague as Editor.",
        "Kim Lee accepted an invitation and joined as Editor.",
        "Ola Kettle uploaded a logo.",
        "Ola Kettle published the survey “Recommendation (NPS)”.",
        "Ola Kettle made the API key “Web shop”.",
        "Ola Kettle made the webhook “Our CRM”.",
    ):
        expect(page.get_by_role("table").get_by_text(said)).to_be_visible()


def leave_the_workspace(owner: Visitor, kim: Visitor) -> None:
    """An owner hears what comes first; a colleague is out."""
    page = to_profile(owner, "Ola Kettle")
    expect(page.get_by_text("You are the owner. Hand the workspace over first")).to_be_visible()
    page = to_profile(kim, "Kim Lee")
    page.get_by_role("link", name="Leave workspace").click()
    kim.stop_at("task-leave")
    page.get_by_role("button", name="Leave workspace").click()
    expect(page).to_have_url(re.compile("/console/sign-in"))


@pytest.mark.parametrize("screen", [Screen, Phone], ids=["1280", "390"])
def test_every_task_is_found_by_what_stands_on_the_pages(
    visitor: Callable[..., Visitor], post: Post, receiver: Receiver, screen: type[Screen]
) -> None:
    slug = f"tasks-{uuid4().hex[:6]}"
    owner, kim = visitor(screen), visitor(Phone)
    sign_up(owner, post, slug)
    invite_a_colleague(owner, f"kim@{slug}.example")
    join(kim, post, f"kim@{slug}.example")
    brand_the_pages(owner)
    link = publish_a_survey(owner)
    for score in (10, 9, 3):
        answer(visitor(Phone), link, score)
    find_a_low_answer(owner)
    give_an_api_key(owner)
    connect_a_webhook(owner, receiver)
    read_the_audit_log(owner)
    leave_the_workspace(owner, kim)
