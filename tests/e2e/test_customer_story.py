"""The register as a business lives it, from a file of customers to one of them who downloads their data."""

import json
import re
import smtplib
import time
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from infra.local.inbox import Inbox
from infra.local.ports import free_port
from tests.e2e.browser import Phone, Screen, Visitor, load_again
from tests.e2e.site import INBOUND
from tests.e2e.test_main_job import sign_up
from tests.support.mail import Post

NAME = "Marlene Zellweger"
SUBJECT = "Your beans of Tuesday"
TEXT = "Hello Marlene,\n\nthe beans are here: https://kettle.example/beans."
WITHIN = 20_000
"""Milliseconds for what a worker does."""


@pytest.fixture
def inbox(post: Post) -> Iterator[str]:
    """The address of the page with the mails that arrived."""
    port = free_port()
    page = Inbox(post.folder, port)
    page.start()
    yield f"http://localhost:{port}"
    page.stop()


def fifty(address: str) -> bytes:
    """A file of fifty customers; two of them, with one number, are the same."""
    rows = [f"{NAME};{address};+43 1 5331234;en", "M. Zellweger;zellweger@old.example;0043 1 5331234;de"]
    rows += [f"Customer {each};customer{each}@example.org;;{'de' if each < 19 else 'en'}" for each in range(48)]
    return ("Name;E-mail;Phone;Language\r\n" + "\r\n".join(rows)).encode()


def until(page: Page, words: str | re.Pattern[str]) -> None:
    """Loads the page again until it says that; what workers do takes a moment."""
    deadline = time.monotonic() + WITHIN / 1000
    while not re.search(words, page.locator("main").inner_text()):
        assert time.monotonic() < deadline, page.locator("main").inner_text()
        page.wait_for_timeout(200)
        load_again(page)


def import_customers(owner: Visitor, slug: str, content: bytes) -> None:
    page = owner.go(slug, "/console/customers/imports")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "fifty.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Send file").click()
    expect(page.get_by_role("heading", name="What each column is")).to_be_visible()
    page.get_by_role("button", name="Check the file").click()
    until(page, "Import customers")
    page.get_by_role("button", name="Import customers").click()
    until(page, "Look at the customers")
    page.get_by_role("link", name="Look at the customers").click()
    expect(page.locator("#count")).to_have_text("50")
    owner.stop_at("story-customers")


def merge_and_undo(owner: Visitor, slug: str) -> str:
    """Two customers are one, and are two again; answers the path of the one with the full name."""
    page = owner.go(slug, "/console/customers?q=marlene+zellw")
    page.get_by_role("link", name=NAME).first.click()
    page.get_by_role("link", name="M. Zellweger").click()
    owner.stop_at("story-two")
    page.get_by_role("button", name="Merge customers").click()
    expect(page.get_by_role("heading", name="Merged into this customer")).to_be_visible()
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.get_by_role("link", name="M. Zellweger")).to_be_visible()
    page = owner.go(slug, "/console/customers?q=marlene+zellw")
    page.get_by_role("link", name=NAME).first.click()
    page.wait_for_url(re.compile(r"/console/customers/[0-9a-f-]{36}$"))
    return page.url.partition("/console/")[2]


def log_a_call(owner: Visitor, slug: str, person: str) -> None:
    page = owner.go(slug, f"/console/{person}")
    page.keyboard.press("c")
    dialog = page.locator("#contact")
    dialog.get_by_label("What was said").fill("Asked whether the beans are here")
    dialog.get_by_role("button", name="Log contact").click()
    expect(page.locator("main")).to_contain_text("Asked whether the beans are here")


def set_a_segment(owner: Visitor, slug: str) -> None:
    page = owner.go(slug, "/console/customers/segments/new")
    page.get_by_label("Name").fill("Speaks German")
    page.get_by_label("New condition on").select_option(label="Language")
    page.get_by_role("button", name="Add condition").click()
    condition = page.get_by_role("group", name="Language")
    condition.get_by_label("Values").select_option("de")
    expect(page.locator("#live-count")).to_contain_text("20", timeout=WITHIN)
    page.get_by_role("button", name="Save segment").click()
    expect(page.get_by_role("heading", name="Speaks German", level=1)).to_be_visible()


def leave_in_peace_never(owner: Visitor, slug: str) -> None:
    """No quiet hours, so that the story goes on at night too."""
    page = owner.go(slug, "/console/settings/contact-rules")
    page.get_by_label("From").fill("")
    page.get_by_label("Until").fill("")
    page.get_by_role("button", name="Save the quiet hours").click()


def write(owner: Visitor, slug: str, person: str, subject: str) -> None:
    """Two clicks from the customer's page, and a look at how it will be."""
    page = owner.go(slug, f"/console/{person}")
    page.keyboard.press("w")
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Text").fill(TEXT)
    owner.stop_at("story-message")
    page.get_by_role("button", name="Preview").click()
    frame = page.frame_locator("iframe[name=preview]")
    expect(frame.get_by_text("the beans are here")).to_be_visible()
    expect(page.get_by_role("button", name="Preview")).not_to_have_class(re.compile("busy"))
    page.get_by_role("button", name="Send message").click()


def read_it(customer: Visitor, inbox: str) -> str:
    """Opens the mail on the page of the inbox and the preferences in it; answers the address of one-click."""
    page = customer.page
    page.goto(inbox)
    page.get_by_role("link", name=SUBJECT).first.click()
    preferences = page.locator("pre a", has_text="/u/preferences/").get_attribute("href")
    source = page.get_by_role("link", name="Source").get_attribute("href")
    assert preferences
    assert source
    page.goto(preferences)
    page.get_by_label("At most once in three months").check()
    page.get_by_role("button", name="Save preferences").click()
    expect(page.get_by_text("Your preferences are saved")).to_be_visible()
    customer.stop_at("story-preferences")
    raw = urlopen(inbox + source, timeout=10).read().decode()
    unfolded = re.sub(r"\r?\n[ \t]+", " ", raw)
    found = re.search(r"^List-Unsubscribe: <(\S+)>", unfolded, re.MULTILINE)
    assert found, raw[:2000]
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in unfolded
    return found[1]


def one_click(address: str, port: int) -> None:
    """As a mailbox provider does it: a POST without cookies, which is answered and not sent elsewhere."""
    host = re.search(r"//([^/:]+)", address)
    assert host
    asked = Request(
        address.replace(host[1], "127.0.0.1"),
        data=b"List-Unsubscribe=One-Click",
        headers={"Host": f"{host[1]}:{port}", "Content-Type": "application/x-www-form-urlencoded"},
        method="POST",
    )
    with urlopen(asked, timeout=10) as answer:
        assert answer.status == 200
        assert answer.geturl() == asked.full_url


def answer(customer: Visitor, post: Post, slug: str, address: str) -> None:
    """A mail of the customer's that answers the message."""
    sent = post.wait_for(address, SUBJECT)
    assert sent["Reply-To"] == f"hello@{slug}.{INBOUND}"
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = f"{NAME} <{address}>", sent["Reply-To"], f"Re: {SUBJECT}"
    reply["Message-ID"], reply["In-Reply-To"] = f"<{uuid4()}@example.org>", sent["Message-ID"]
    reply.set_content("I come on Friday to fetch them.")
    with smtplib.SMTP("127.0.0.1", customer.site.inbound, timeout=20) as server:
        server.send_message(reply)


def open_the_pages(owner: Visitor, slug: str) -> None:
    page = owner.go(slug, "/console/settings/portal")
    page.get_by_label("The pages are open").check()
    page.get_by_role("button", name="Save the customer pages").click()
    expect(page.get_by_label("The pages are open")).to_be_checked()


def download(customer: Visitor, post: Post, slug: str, address: str) -> str:
    """Signs in with the code that is mailed and fetches everything; answers what stands in the file."""
    page = customer.go(slug, "/portal/data")
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Mail me a code").click()
    body = post.wait_for(address, "Sign in", seconds=30).get_body(("plain",))
    assert body is not None
    found = re.search(r"^(\d{4}) (\d{4})\s*$", body.get_content(), re.MULTILINE)
    assert found, body.get_content()
    page.get_by_label("Code of eight digits").fill("".join(found.groups()))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="My data", level=1)).to_be_visible()
    customer.stop_at("story-my-data")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download everything").click()
    with zipfile.ZipFile(coming.value.path()) as folder:
        return json.dumps(json.loads(folder.read("data.json")), ensure_ascii=False)


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_from_a_file_of_customers_to_what_one_of_them_downloads(
    visitor: Callable[..., Visitor], post: Post, inbox: str
) -> None:
    slug = f"beans-{uuid4().hex[:6]}"
    address = f"marlene@{slug}.example"
    owner, customer = visitor(Screen), visitor(Phone)
    sign_up(owner, post, slug)
    leave_in_peace_never(owner, slug)
    import_customers(owner, slug, fifty(address))
    person = merge_and_undo(owner, slug)
    log_a_call(owner, slug, person)
    set_a_segment(owner, slug)

    write(owner, slug, person, SUBJECT)
    until(owner.page, r"Sent\b")
    owner.stop_at("story-receipt")
    answer(customer, post, slug, address)
    unsubscribe = read_it(customer, inbox)
    one_click(unsubscribe, owner.site.port)
    page = owner.go(slug, f"/console/{person}")
    until(page, f"Re: {SUBJECT}")

    write(owner, slug, person, "Once more")
    expect(page.get_by_text("The customer does not want this").first).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value(TEXT)
    assert all("409" in each for each in owner.trouble)
    owner.trouble.clear()
    page = owner.go(slug, "/console/customers/contacts?state=refused")
    expect(page.locator("main table")).to_contain_text("The customer does not want this")
    owner.stop_at("story-refused")
    assert [str(mail["Subject"]) for mail in post.messages(address)] == [SUBJECT]

    open_the_pages(owner, slug)
    data = download(customer, post, slug, address)
    for known in (address, NAME, SUBJECT, "I come on Friday"):
        assert known in data
