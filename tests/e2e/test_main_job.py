"""The main job as a business lives it: sign up, make a survey, brand and publish it, get answers, see the score."""

import io
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.browser import Phone, Screen, Visitor
from tests.support.mail import Post

PASSWORD = "four quiet brown kettles"


def logo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 120), (122, 30, 60)).save(out, "PNG")
    return out.getvalue()


def link_in(post: Post, to: str, pattern: str) -> str:
    mail = post.wait_for(to)
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(pattern, body.get_content())
    assert found, body.get_content()
    return found.group(0)


def sign_up(owner: Visitor, post: Post, slug: str) -> Page:
    """From the first page to the console, by the mail."""
    page = owner.go(None)
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Name of your business").fill("Kettle & Cup")
    page.get_by_label("Address of your workspace").fill(slug)
    page.get_by_label("Your name").fill("Ola Kettle")
    page.get_by_label("Your e-mail address").fill(f"owner@{slug}.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Send me the link").click()
    owner.stop_at("sign-up-sent")
    link = link_in(post, f"owner@{slug}.example", r"http://localhost:\d+/verify/\S+")
    page.goto(link)
    owner.stop_at("verify")
    page.get_by_role("button", name="Open my workspace").click()
    page.wait_for_url(re.compile(rf"http://{slug}\.localhost:\d+/console/.*"))
    return page


def brand(owner: Visitor, slug: str) -> None:
    page = owner.go(slug, "/console/settings/brand")
    page.get_by_label("Your colour").fill("#f0c000")
    page.get_by_role("button", name="Save the brand").click()
    expect(page.get_by_text("4.5 to 1 is needed")).to_be_visible()
    page.get_by_label("Image file").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": logo()})
    page.get_by_role("button", name="Upload the logo").click()
    expect(page.get_by_alt_text("Logo of Kettle & Cup")).to_be_visible()
    owner.stop_at("brand")


def publish_from_template(owner: Visitor, slug: str) -> str:
    """Makes the first template's survey, publishes it, and answers its link."""
    page = owner.go(slug, "/console/surveys")
    owner.stop_at("surveys-empty")
    page.get_by_role("link", name="New survey").first.click()
    owner.stop_at("gallery")
    page.get_by_role("button", name=re.compile("Use template")).first.click()
    owner.stop_at("builder")
    page.get_by_role("link", name="Publish").first.click()
    owner.stop_at("publication")
    page.get_by_role("button", name="Publish survey").click()
    page.get_by_role("link", name="Share").first.click()
    owner.stop_at("share")
    link = page.locator("a", has_text=re.compile(r"/s/")).first.get_attribute("href")
    assert link
    return link


def answer(person: Visitor, link: str, score: int) -> None:
    """Answers as a customer on a phone: the score first, then whatever else is asked."""
    page = person.page
    page.goto(link)
    person.stop_at("survey")
    page.locator(f'label:has(input[type=radio][value="{score}"])').first.click()
    comment = page.locator("textarea:visible").first
    if comment.count():
        comment.fill("The coffee is great, and so are you.")
    for _ in range(3):
        page.get_by_role("button", name=re.compile("^(Next|Continue|Send)")).click()
        if page.url.endswith("/thanks") or "/thanks" in page.url:
            break
        person.stop_at("survey-next")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("Thank"))
    person.stop_at("thanks")


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_from_sign_up_to_a_score_with_its_uncertainty(visitor: Callable[..., Visitor], post: Post) -> None:
    slug = f"kettle-{uuid4().hex[:6]}"
    owner = visitor(Screen)
    sign_up(owner, post, slug)
    owner.stop_at("home-empty")
    brand(owner, slug)
    link = publish_from_template(owner, slug)
    for score in (10, 9, 9, 8, 3):
        customer = visitor(Phone)
        answer(customer, link, score)
    page = owner.go(slug, "/console/surveys")
    page.get_by_role("link", name=re.compile("Results|Recommendation")).first.click()
    if "/results" not in page.url:
        page.get_by_role("link", name="Results").first.click()
    expect(page.get_by_text("n = 5").first).to_be_visible()
    expect(page.locator("main")).to_contain_text(re.compile(r"40\s*\(.*to.*\)"))
    owner.stop_at("results")
    page.get_by_role("link", name=re.compile("Responses|answers", re.I)).first.click()
    owner.stop_at("responses")
    expect(page.locator("main")).to_contain_text("5")
    owner.go(slug, "/console/")
    owner.stop_at("home")


@pytest.mark.browser
@pytest.mark.timeout(120)
def test_a_customer_answers_without_javascript(visitor: Callable[..., Visitor], post: Post) -> None:
    slug = f"plain-{uuid4().hex[:6]}"
    owner = visitor(Screen)
    sign_up(owner, post, slug)
    link = publish_from_template(owner, slug)
    customer = visitor(Phone, javascript=False)
    page = customer.page
    page.goto(link)
    page.locator('label:has(input[type=radio][value="9"])').first.click()
    for _ in range(4):
        page.get_by_role("button", name=re.compile("^(Next|Continue|Send)")).click()
        if "/thanks" in page.url:
            break
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("Thank"))
    page = owner.go(slug, "/console/surveys")
    assert "1" in page.locator("main").inner_text()
