"""A customer who signs in with another account, in a real browser and at a real provider."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from customers import people
from customers.portal import openid_providers as providers
from infra.db import TenantRef
from infra.http import Policy
from infra.services import Services
from tenants.permissions import SYSTEM
from tests.e2e.browser import Phone, Screen, Visitor
from tests.support.mail import Post
from tests.support.openid import CLIENT, SECRET, MockProvider, mock_provider

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def real() -> Iterator[MockProvider]:
    with mock_provider() as started:
        yield started


def trust(services: Services, tenant: TenantRef, real: MockProvider, email: str) -> None:
    with services.db.tenant_session(tenant) as session:
        policy = Policy.of(services.settings)
        made = providers.add(session, policy, kind="openid", name="Example ID", issuer=real.issuer, by=SYSTEM)
        providers.change(session, made, name="Example ID", client_id=CLIENT, secret=SECRET, by=SYSTEM)
        providers.note_check(session, made, [])
        providers.turn_on(session, made, by=SYSTEM)
        people.add(session, by=SYSTEM, name="Eva Brown", email=email, language="en")


def go_with(page: Page, real: MockProvider, subject: str) -> None:
    """Presses the button, and says who one is at the provider. The page's policy must let the browser go."""
    page.get_by_role("button", name="Continue with Example ID").click()
    page.wait_for_url(re.compile(re.escape(real.issuer)))
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize").click()


def code_in(post: Post, email: str) -> str:
    body = post.wait_for(email).get_body(("plain",))
    assert body is not None
    found = re.search(r"^(\d{4} \d{4})\s*$", body.get_content(), re.MULTILINE)
    assert found, body.get_content()
    return found[1]


def test_an_account_is_linked_by_a_code_once_and_enough_from_then_on(
    services: Services,
    own_tenant: TenantRef,
    post: Post,
    visitor: Callable[..., Visitor],
    real: MockProvider,
) -> None:
    slug, email, subject = own_tenant.slug, f"eva@{own_tenant.slug}.example", f"eva-{own_tenant.slug}"
    trust(services, own_tenant, real, email)
    real.knows(subject, email=email, email_verified=True)
    eva = visitor(Phone)
    page = eva.go(slug, "/portal/sign-in")
    eva.stop_at("portal-sign-in-providers")
    eva.look_in_the_dark("portal-sign-in-providers")
    page.route(f"{real.issuer}/**", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Continue with Example ID").click()
    expect(page.get_by_role("link", name="Continue with Example ID")).to_be_visible()
    eva.stop_at("portal-onward")
    page.unroute(f"{real.issuer}/**")
    page.goto(eva.site.url(slug, "/portal/sign-in"))
    page.get_by_role("button", name="Continue with Example ID").click()
    page.wait_for_url(re.compile(re.escape(real.issuer)))
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("You did not go through with it at Example ID")).to_be_visible()
    eva.trouble.clear()  # the provider's own pages want files from elsewhere
    eva.stop_at("portal-openid-trouble")
    page.get_by_role("link", name="Back to the sign-in page").click()
    go_with(page, real, subject)
    expect(page.get_by_role("heading", name="One more step, this time only")).to_be_visible()
    eva.trouble.clear()
    eva.stop_at("portal-openid-unknown")
    eva.look_in_the_dark("portal-openid-unknown")
    expect(page.get_by_label("Your e-mail address")).to_have_value(email)
    page.get_by_role("button", name="Mail me a code").click()
    page.get_by_role("textbox").fill(code_in(post, email))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Next time you can sign in with Example ID.")).to_be_visible()
    eva.take(Screen())
    page.get_by_role("link", name="Sign-ins").click()
    expect(page.get_by_text(email)).to_be_visible()
    eva.stop_at("portal-accounts")
    eva.take(Phone())
    eva.stop_at("portal-accounts")
    eva.look_in_the_dark("portal-accounts")
    page.get_by_role("button", name="Sign out here").click()
    go_with(page, real, subject)
    page.wait_for_url(re.compile(rf"http://{slug}\.localhost:\d+/portal$"))


def test_it_works_without_scripts(
    services: Services, own_tenant: TenantRef, visitor: Callable[..., Visitor], real: MockProvider
) -> None:
    slug, subject = own_tenant.slug, f"ben-{own_tenant.slug}"
    trust(services, own_tenant, real, f"ben@{own_tenant.slug}.example")
    real.knows(subject)
    ben = visitor(Screen, javascript=False)
    page = ben.go(slug, "/portal/sign-in")
    go_with(page, real, subject)
    expect(page.get_by_role("heading", name="One more step, this time only")).to_be_visible()
