"""What is done in the console is sealed by the running worker within ten seconds, and the page says so."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from infra.services import Services
from tenants.audit import jobs
from tenants.models import AuditEntry, AuditSeal
from tests.e2e.browser import Visitor
from tests.e2e.furnished import furnished
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Visit = Callable[..., Visitor]
PROMISED = timedelta(seconds=10)


def test_a_deed_is_sealed_within_seconds_and_found_in_the_log(visitor: Visit, services: Services) -> None:
    with furnished(services, scale=0.01) as house:
        person, slug = visitor(), house.tenant.slug
        person.go(slug, house.code())
        person.go(slug, "/console/settings/languages")
        person.page.get_by_label("Days begin at midnight in").select_option("Europe/Vienna")
        person.page.get_by_role("button", name="Save the time zone").click()
        person.page.wait_for_load_state()

        def seal_of_the_deed() -> AuditSeal | None:
            with services.db.tenant_session(house.tenant) as session:
                deed = select(AuditEntry).where(AuditEntry.action == "settings.zone_changed")
                entry = session.scalars(deed.order_by(AuditEntry.id.desc()).limit(1)).one()
                seal = session.get(AuditSeal, entry.sealed_in) if entry.sealed_in else None
                assert seal is None or seal.sealed_at - entry.at <= PROMISED
                return seal

        def is_anchored() -> bool:
            seal = seal_of_the_deed()
            return seal is not None and seal.anchored_at is not None

        until(is_anchored, seconds=30)
        assert jobs.check(services.db, services.keys, house.tenant).finding is None
        person.go(slug, "/console/settings/audit?category=settings")
        row = person.page.get_by_role("row", name="set the time zone to Europe/Vienna").first
        expect(row).to_contain_text("yes")
        expect(person.page.get_by_text("entries are sealed.")).to_be_visible()
