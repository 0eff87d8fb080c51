"""An operator as they live: made on the command line, two factors, a workspace suspended and reopened, support."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from infra.clock import now
from infra.db import TenantRef
from infra.services import Services
from tenants import passwords, sign_in, staff
from tests.e2e.browser import Phone, Screen, Visitor
from tests.e2e.site import Site, status

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PASSWORD = "four quiet brown kettles"


@pytest.fixture
def link(environment: dict[str, str], project: Path, site: Site, own_tenant: TenantRef) -> str:
    """What `rapport operators add` prints."""
    command = [sys.executable, "-m", "web.cli", "operators", "add"]
    done = subprocess.run(
        [*command, f"olga@{own_tenant.slug}.example", "Olga Operator"],
        cwd=project,
        env={**environment, "RAPPORT_BASE_URL": site.url(None).rstrip("/")},
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    return done.stdout.strip()


def set_up(olga: Visitor, link: str) -> str:
    """From the link to the overview; answers the secret of the second factor."""
    page = olga.page
    page.goto(link)
    olga.stop_at("operator-set-up")
    secret = page.locator("main code").first.inner_text()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The code that the app shows now").fill(pyotp.TOTP(secret).at(int(now().timestamp())))
    page.get_by_role("button", name="Set up the account").click()
    expect(page.get_by_role("list", name="Recovery codes").get_by_role("listitem")).to_have_count(10)
    olga.stop_at("operator-recovery-codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    return secret


def sign_in_again(olga: Visitor, email: str, secret: str) -> None:
    page = olga.page
    page.locator(".person summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    later = pyotp.TOTP(secret).at(int(now().timestamp()) + 30)  # the present one was used to set up
    page.get_by_label("Code of your app").fill(later)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def find(olga: Visitor, slug: str) -> Page:
    page = olga.go(None, "/operator/")
    page.get_by_label("Find a workspace").fill(slug)
    page.get_by_label("Find a workspace").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Own")
    return page


def until(site: Site, slug: str, wanted: int) -> None:
    """The tenant's pages follow within two seconds; the page is asked until they do."""
    deadline = now().timestamp() + 10
    while status(site.port, "/console/sign-in", f"{slug}.localhost") != wanted:
        assert now().timestamp() < deadline, f"{slug} does not answer {wanted}"


def enter_as_owner(owner: Visitor, services: Services, tenant: TenantRef) -> Page:
    with services.db.tenant_session(tenant) as session:
        email, hashed = f"ola@{tenant.slug}.example", passwords.hashed(PASSWORD)
        member = staff.add(session, name="Ola Owner", email=email, role="owner", password_hash=hashed)
        code = sign_in.make_code(session, services.settings, member)
    return owner.go(tenant.slug, f"/console/enter/{code}")


def test_an_operator_suspends_reopens_and_helps_only_as_long_as_the_tenant_lets_them(
    visitor: Callable[..., Visitor], site: Site, services: Services, own_tenant: TenantRef, link: str
) -> None:
    slug, olga, owner = own_tenant.slug, visitor(Screen), visitor(Phone)
    secret = set_up(olga, link)
    olga.page.goto(link)
    expect(olga.page.get_by_text("used already")).to_be_visible()
    olga.trouble.clear()  # the browser itself complains about the 404
    olga.go(None, "/operator/")
    sign_in_again(olga, f"olga@{slug}.example", secret)

    page = find(olga, slug)
    olga.stop_at("operator-story-workspace")
    page.get_by_role("link", name="Suspend workspace").click()
    page.get_by_label("Reason that the workspace reads").select_option("payment")
    page.get_by_label("Note for operators").fill("unpaid since May")
    olga.stop_at("operator-story-suspension")
    page.get_by_label(re.compile("Type .* to confirm")).fill(slug)
    page.get_by_role("button", name="Suspend workspace").click()
    expect(page.get_by_text("unpaid since May")).to_be_visible()
    until(site, slug, 503)
    closed = visitor(Phone)
    closed.page.goto(site.url(slug, "/console/"))
    expect(closed.page.get_by_text("This workspace is paused at the moment")).to_be_visible()
    page.get_by_role("link", name="Reopen workspace").click()
    page.get_by_label("Note for operators").fill("paid")
    page.get_by_role("button", name="Reopen workspace").click()
    until(site, slug, 200)

    page = olga.go(None, "/operator/support/")
    expect(page.get_by_text("Nobody lets support in")).to_be_visible()
    theirs = enter_as_owner(owner, services, own_tenant)
    theirs.goto(site.url(slug, "/console/settings/support"))
    theirs.get_by_label("What it is about").fill("The score of March looks odd")
    theirs.get_by_role("button", name="Let support in").click()
    theirs.get_by_label("Password").fill(PASSWORD)  # what is dear asks whether it is really she
    theirs.get_by_role("button", name="Continue").click()
    expect(theirs.get_by_text("Support may come in now")).to_be_visible()
    owner.stop_at("support-access-given")

    page = olga.go(None, "/operator/support/")
    olga.stop_at("operator-support")
    page.get_by_role("button", name=re.compile("Open workspace")).click()
    page.wait_for_url(re.compile(rf"http://{slug}\.localhost:\d+/console/.*"))
    banner = page.get_by_role("region", name="Support access")
    expect(banner).to_contain_text("The score of March looks odd")
    olga.stop_at("support-inside")
    page.goto(site.url(slug, "/console/surveys"))
    expect(banner).to_contain_text("read only")
    page.goto(site.url(slug, "/console/settings/diagnostics"))
    olga.stop_at("support-diagnostics")

    theirs.goto(site.url(slug, "/console/settings/support"))
    expect(theirs.get_by_text("pages looked at: 3")).to_be_visible()
    theirs.get_by_role("link", name="The score of March looks odd").click()
    expect(theirs.get_by_text("“Surveys”")).to_be_visible()
    owner.stop_at("support-grant")
    theirs.get_by_role("button", name="Revoke access").click()
    expect(theirs.get_by_text("Whoever was inside is out")).to_be_visible()

    page.goto(site.url(slug, "/console/surveys"))
    expect(page.get_by_role("heading", level=1)).to_have_text("The support access has ended")
    olga.stop_at("support-ended")
    page = olga.go(None, f"/operator/record/?tenant={own_tenant.id}")
    expect(page.get_by_role("rowheader", name="Entered a workspace")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Workspace reopened")).to_be_visible()
