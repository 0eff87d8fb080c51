"""Two steps to sign in, as somebody with a phone does it: set up, recover, be asked to, and be asked again."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from infra.db import TenantRef
from infra.services import Services
from tenants import second_factor, sign_in, staff
from tenants.models import StaffMember
from tests.e2e.browser import Phone, Screen, Visitor
from tests.support.second_factor import code_of, give
from tests.web.story import PASSWORD, add_member

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Visit = Callable[..., Visitor]


def joins(services: Services, tenant: TenantRef, role: str, email: str) -> StaffMember:
    with services.db.tenant_session(tenant) as session:
        return add_member(session, role, email=email)


def types_password(person: Visitor, tenant: TenantRef, email: str) -> Page:
    page = person.go(tenant.slug, "/console/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def types_code(page: Page, code: str, button: str = "Sign in") -> None:
    page.get_by_role("textbox", name=re.compile("code", re.IGNORECASE)).fill(code)
    page.get_by_role("button", name=button).click()


def shown_secret(page: Page) -> str:
    return re.sub(r"\s", "", page.locator("#secret").inner_text())


@pytest.mark.parametrize(("screen", "dark"), [(Screen, False), (Phone, True)], ids=["1280", "390 in the dark"])
def test_a_second_factor_is_set_up_and_the_phone_is_lost(
    visitor: Visit, services: Services, own_tenant: TenantRef, screen: type[Screen], dark: bool
) -> None:
    joins(services, own_tenant, "admin", "mara@own.example")
    person = visitor(screen, dark=dark)
    page = types_password(person, own_tenant, "mara@own.example")
    person.go(own_tenant.slug, "/console/security/")
    person.stop_at("security")
    page.get_by_role("link", name="Set up a second factor").click()
    person.stop_at("second-factor-off")
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an app")
    person.stop_at("second-factor-app")
    types_code(page, code_of(shown_secret(page), steps=-1), "Turn on the second factor")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    person.stop_at("recovery-codes")
    codes = page.locator("ol.codes li").all_inner_texts()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as a file").click()
    assert [line for line in saved.value.path().read_text().splitlines() if line in codes] == codes
    page.get_by_role("link", name="I have kept them").click()
    person.stop_at("second-factor-on")
    page.get_by_role("link", name="Turn off the second factor").click()
    person.stop_at("second-factor-removal")
    page.context.clear_cookies()

    types_password(person, own_tenant, "mara@own.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    person.stop_at("second-step")
    page.get_by_role("link", name="use a recovery code").click()
    person.stop_at("second-step-recovery")
    types_code(page, codes[0])
    expect(page).to_have_url(re.compile("/console/$"))


def test_a_workspace_asks_everybody_and_a_colleague_is_led_through(
    visitor: Visit, services: Services, own_tenant: TenantRef
) -> None:
    admin = joins(services, own_tenant, "admin", "mara@own.example")
    joins(services, own_tenant, "editor", "leo@own.example")
    with services.db.tenant_session(own_tenant) as session:
        secret, _ = give(session, staff.get(session, admin.id))
    person = visitor(Screen)
    page = types_password(person, own_tenant, "mara@own.example")
    types_code(page, code_of(secret))
    expect(page).to_have_url(re.compile("/console/$"))
    person.go(own_tenant.slug, "/console/settings/security")
    person.stop_at("settings-security")
    page.get_by_label("Everybody here needs a second factor").check()
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("From now on everybody needs a second factor")).to_be_visible()

    colleague = visitor(Phone)
    page = types_password(colleague, own_tenant, "leo@own.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up your second factor")
    colleague.stop_at("second-factor-asked")
    colleague.go(own_tenant.slug, "/console/surveys")
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up your second factor")
    page.get_by_role("button", name="Set up an app").click()
    colleague.stop_at("second-factor-asked-app")
    types_code(page, code_of(shown_secret(page)), "Turn on the second factor")
    colleague.go(own_tenant.slug, "/console/surveys")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Surveys")


@pytest.mark.parametrize("screen", [Screen, Phone], ids=["1280", "390"])
def test_what_is_dear_asks_for_the_password_again(
    visitor: Visit, services: Services, own_tenant: TenantRef, screen: type[Screen]
) -> None:
    with services.db.tenant_session(own_tenant) as session:
        member = add_member(session, "admin", email="mara@own.example")
        code = sign_in.make_code(session, services.settings, member)
    person = visitor(screen)
    page = person.go(own_tenant.slug, f"/console/enter/{code}")
    person.go(own_tenant.slug, "/console/security/second-factor/")
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    person.stop_at("proof")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an app")
    with services.db.tenant_session(own_tenant) as session:
        assert second_factor.find(session, staff.get(session, member.id)) is None
