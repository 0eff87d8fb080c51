"""A colleague comes and goes: invited, joined from the mail, held to their role, removed, and out at once."""

import re
from collections.abc import Callable
from email.message import EmailMessage
from uuid import uuid4

import pyotp
import pytest
from playwright.sync_api import expect

from tests.e2e.browser import Phone, Screen, Visitor, load_again
from tests.e2e.test_main_job import PASSWORD, link_in, publish_from_template, sign_up
from tests.support.mail import Post

KIMS_PASSWORD = "nine patient lanterns glow"
FORBIDDEN = (
    "/console/settings/people/invitation",
    "/console/settings/people/ownership",
    "/console/settings/api-keys",
    "/console/settings/languages",
)


def words_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def invite(owner: Visitor, slug: str, email: str) -> None:
    """Found from Home without knowing any address."""
    page = owner.go(slug, "/console/")
    page.get_by_role("link", name="Settings").first.click()
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("link", name="Invite colleague").click()
    owner.stop_at("people-invite")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Name").fill("Kim Lee")
    page.get_by_role("radio", name=re.compile("Editor")).check()
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text("The invitation is on its way")).to_be_visible()
    expect(page.get_by_role("table", name="Open invitations").or_(page.locator("main"))).to_contain_text(email)
    owner.stop_at("people-invited")


def join(kim: Visitor, post: Post, email: str) -> str:
    """From the mail to the console; answers the link."""
    page, link = kim.page, link_in(post, email, r"http://\S+/console/invitation/\S+")
    page.goto(link)
    kim.stop_at("invitation")
    expect(page.get_by_label("Your name")).to_have_value("Kim Lee")
    page.get_by_label("Password").fill(KIMS_PASSWORD)
    page.get_by_role("button", name="Join workspace").click()
    expect(page.get_by_text("You have joined the workspace")).to_be_visible()
    return link


def set_up_second_factor(kim: Visitor, slug: str) -> None:
    """By typing the secret, as somebody whose camera does not work."""
    page = kim.go(slug, "/console/security/second-factor")
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an app")
    secret = re.sub(r"\s", "", page.locator("#secret").inner_text())
    kim.stop_at("second-factor-app")
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Turn on the second factor").click()
    expect(page.locator("main")).to_contain_text(re.compile("recovery codes", re.I))
    kim.stop_at("second-factor-codes")


def is_held_to_the_role(kim: Visitor, slug: str) -> None:
    """What an editor cannot do is neither shown nor reachable."""
    page = kim.go(slug, "/console/settings/people")
    expect(page.get_by_role("link", name="Invite colleague")).to_have_count(0)
    expect(page.get_by_text("Open invitations")).to_have_count(0)
    for name in ("API keys", "Languages and time zone", "Audit log"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    for path in FORBIDDEN:
        answer = page.goto(kim.site.url(slug, path))
        assert answer is not None
        assert answer.status == 403, path
    kim.trouble.clear()  # the browser itself complains about the status


def is_found_by_address(kim: Visitor, post: Post, slug: str, email: str) -> None:
    """The platform has heard that Kim works there."""
    page = kim.go(None, "/find-workspace")
    page.get_by_label("E-mail address").fill(email)
    page.locator("main").get_by_role("button").click()
    mail = post.wait_for(email, "Your workspaces").get_body(("plain",))
    assert mail is not None
    assert slug in mail.get_content()


def remove(owner: Visitor, slug: str) -> None:
    page = owner.go(slug, "/console/settings/people")
    page.get_by_role("link", name="Kim Lee").click()
    owner.stop_at("person")
    page.get_by_role("link", name="Remove colleague").click()
    page.get_by_label(re.compile(r"Surveys \(1\): who takes over")).select_option(label="Ola Kettle")
    owner.stop_at("person-removal")
    page.get_by_role("button", name="Remove colleague").click()
    expect(page.get_by_text("Your colleague is removed")).to_be_visible()


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_a_colleague_comes_works_and_goes(visitor: Callable[..., Visitor], post: Post) -> None:
    slug = f"team-{uuid4().hex[:6]}"
    email = f"kim@{slug}.example"
    owner, kim = visitor(Screen), visitor(Phone)
    sign_up(owner, post, slug)
    expect(owner.page.locator("header").first).to_contain_text("Ola Kettle")
    invite(owner, slug, email)
    link = join(kim, post, email)
    set_up_second_factor(kim, slug)
    publish_from_template(kim, slug)
    is_held_to_the_role(kim, slug)
    is_found_by_address(kim, post, slug, email)
    kim.go(slug, "/console/surveys")
    remove(owner, slug)
    load_again(kim.page)
    expect(kim.page).to_have_url(re.compile("/console/sign-in"))
    kim.page.get_by_label("E-mail address").fill(email)
    kim.page.get_by_label("Password").fill(KIMS_PASSWORD)
    kim.page.get_by_role("button", name="Sign in").click()
    expect(kim.page.get_by_text("do not fit together")).to_be_visible()
    told = post.wait_for(email, "Your access has ended")
    assert "the workspace Kettle & Cup was ended" in words_of(told)
    assert PASSWORD not in str(told)
    used = kim.page.goto(link)
    assert used is not None
    assert used.status == 410
    expect(kim.page.get_by_text("This invitation was accepted already")).to_be_visible()
    page = owner.go(slug, "/console/settings/people?show=former")
    expect(page.locator("main")).to_contain_text("Kim Lee")
    owner.stop_at("people-former")
