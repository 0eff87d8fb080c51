"""A webhook as an admin lives it: made, tried, failing, paused with a mail, resumed, sent again, delivered."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from playwright.sync_api import Page, expect

import worker
from infra.clock import now
from infra.db import TenantRef
from infra.mail.sender import send_batch
from infra.services import Services
from tenants import sign_in, staff
from tests.e2e.browser import Phone, Screen, Visitor, load_again
from tests.e2e.test_main_job import publish_from_template
from tests.support.mail import Post
from tests.support.receivers import Receiver
from tests.support.waiting import until
from tests.tenants.webhooks.story import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver(500)
    started.reply = b"<h1>Out of order</h1>"
    yield started
    started.stop()


def come_in(services: Services, tenant: TenantRef, person: Visitor) -> Page:
    with services.db.tenant_session(tenant) as session:
        member = staff.add(session, name="Anna", email=f"anna@{tenant.slug}.example", role="owner", locale="en")
        code = sign_in.make_code(session, services.settings, member, proved=True)  # who typed the password
    return person.go(tenant.slug, f"/console/enter/{code}")


def make(person: Visitor, slug: str, url: str) -> str:
    """Makes the webhook from the list of settings on, and answers its secret."""
    page = person.go(slug, "/console/settings/webhooks")
    person.stop_at("webhooks-empty")
    page.get_by_role("link", name="New webhook").click()
    person.stop_at("webhook-new")
    page.get_by_role("textbox", name="Address").fill("https://10.0.0.1/")
    page.get_by_role("button", name="Make webhook").click()
    expect(page.get_by_text("This address is not on the public internet.")).to_be_visible()
    person.trouble.clear()  # the browser itself complains about the status
    page.get_by_role("textbox", name="Address").fill(url)
    page.get_by_label("Description").fill("Our CRM")
    page.get_by_role("button", name="Make webhook").click()
    person.stop_at("webhook-made")
    secret = page.get_by_label("Secret", exact=True).input_value()
    page.get_by_role("link", name="I have copied it").click()
    return secret


def fail_for_three_days(workspace: Workspace, post: Post) -> None:
    """The clock goes from one attempt to the next; then the mails of that moment are sent."""
    moment = now()
    for _ in range(12):
        waiting = [row.next_attempt_at for row in workspace.rows() if row.state == "waiting"]
        if not waiting:
            break
        moment = max(moment, min(waiting)) + timedelta(seconds=1)
        with time_machine.travel(moment, tick=True):
            workspace.send()
    with time_machine.travel(moment + timedelta(seconds=5), tick=True):
        send_batch(workspace.services, workspace.tenant, worker.PURPOSES)


def verified(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """By the words of the Standard Webhooks specification."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.split("_")[1]), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}" in headers["webhook-signature"].split(" ")


@pytest.mark.parametrize("screen", [Screen, Phone], ids=["1280", "390"])
def test_a_webhook_fails_is_paused_and_sends_again_what_was_missed(
    visitor: Callable[..., Visitor],
    services: Services,
    own_tenant: TenantRef,
    receiver: Receiver,
    post: Post,
    screen: type[Screen],
) -> None:
    workspace, person, slug = Workspace(services, own_tenant), visitor(screen), own_tenant.slug
    page = come_in(services, own_tenant, person)
    secret = make(person, slug, receiver.url)
    page.get_by_role("button", name="Send a test event").click()
    expect(page).to_have_url(re.compile("/deliveries/"))
    expect(page.get_by_role("strong").filter(has_text="Status 500").first).to_be_visible()
    expect(page.get_by_text("<h1>Out of order</h1>")).to_be_visible()
    person.stop_at("webhook-test-failed")
    assert verified(dict(receiver.calls[0].headers), receiver.calls[0].body, secret)

    publish_from_template(person, slug)
    until(
        lambda: any(row.kind == "survey.published" and row.history for row in workspace.rows()), "a first attempt"
    )
    page = person.go(slug, "/console/settings/webhooks")
    expect(page.get_by_text("Failing")).to_be_visible()
    page.get_by_role("link", name="Our CRM").click()
    person.stop_at("webhook-failing")

    fail_for_three_days(workspace, post)
    mail = post.wait_for(f"anna@{slug}.example", "is paused")
    body = mail.get_body(("plain",))
    assert body is not None
    link = re.search(r"http\S+/console/settings/webhooks/\S+", body.get_content())
    assert link
    page = person.go(slug, urlsplit(link.group(0)).path)
    expect(page.get_by_text("This webhook is paused")).to_be_visible()
    expect(page.get_by_text("Every delivery failed for three days.")).to_be_visible()
    person.stop_at("webhook-paused")

    receiver.answer = 204
    missed = next(call.id for call in receiver.calls if b"survey.published" in call.body)
    receiver.calls.clear()
    page.get_by_role("button", name="Resume webhook").click()
    page.get_by_label("Send again what has failed").select_option("24")
    page.get_by_role("button", name="Send again").click()
    until(lambda: any(call.id == missed for call in receiver.calls), "the missed message")
    call = next(call for call in receiver.calls if call.id == missed)
    assert verified(dict(call.headers), call.body, secret)
    until(lambda: all(row.state != "sending" for row in workspace.rows()), "the outcome")
    load_again(page)
    expect(page.get_by_role("table").get_by_text("Delivered").first).to_be_visible()
    person.stop_at("webhook-delivered")
    page.get_by_role("table").get_by_role("link").first.click()
    person.stop_at("webhook-delivery")
