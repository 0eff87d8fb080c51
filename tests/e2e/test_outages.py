"""PostgreSQL, Valkey or S3 away: pages say so, what was confirmed is there afterwards, workers recover alone."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from infra.db import TenantRef
from infra.local.process import Process
from infra.local.stack import Stack
from infra.services import Services
from surveys import publishing, surveys
from surveys.models import Response, ResponseRollup
from tenants import migrations, provisioning
from tests.e2e.respondent import Respondent
from tests.e2e.site import Site, start, status, wait_until_alive
from tests.support.run import FOLDER, to_environment, without_settings
from tests.support.waiting import until

AWAY = float(os.environ.get("OUTAGE_SECONDS", "6"))
"""Seconds a part stays away; the whole 30 in the long run."""


@dataclass
class Place:
    """A stack, a site and a tenant with a survey, of this module's own: its parts may be stopped."""

    stack: Stack
    site: Site
    services: Services
    tenant: TenantRef
    address: str

    def part(self, key: str) -> Process:
        return next(process for process in self.stack.processes if process.key == key)

    def respondent(self) -> Respondent:
        return Respondent(self.site.port, "outage.localhost", self.address)

    def stored(self) -> int:
        with self.services.db.tenant_session(self.tenant) as session:
            return len(session.scalars(select(Response.id)).all())

    def counted(self) -> int:
        with self.services.db.tenant_session(self.tenant) as session:
            rows = session.scalars(select(ResponseRollup.count).where(ResponseRollup.question_id == ""))
            return sum(rows)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix=FOLDER))
    folder.chmod(0o711)
    stack = Stack(folder, environ=without_settings(os.environ), durable=False, default_ports={})
    settings = stack.start()
    services = Services.start(settings)
    migrations.migrate_control(services.db, migrations.CONTROL)
    provisioning.ensure_cells(services.db)
    provisioning.fill_spares(services.db, services.keys, 1)
    tenant = provisioning.open_tenant(
        services.db, "outage", "Outage Ltd", actor="tests", prepare=lambda session: None
    )
    with services.db.tenant_session(tenant) as session:
        survey = surveys.create_from_template(session, "nps", zone="UTC")
        publishing.publish(session, survey)
        address = survey.address
    environment = {**without_settings(os.environ), **to_environment(settings)}
    site = start(environment, Path(__file__).parents[2], folder / "site.log")
    yield Place(stack, site, services, tenant, address)
    site.stop()
    services.stop()
    stack.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.processes
@pytest.mark.timeout(180)
def test_answers_outlive_an_absence_of_postgresql(place: Place) -> None:
    early = place.respondent()
    early.get()
    assert early.send(9)[0] == 303
    late = place.respondent()
    late.get()
    before = place.stored()

    postgres = place.part("postgres")
    postgres.stop()
    assert status(place.site.port, "/healthz") == 200
    assert status(place.site.port, "/readyz") == 503
    refused, page = late.send(10)
    assert refused == 503
    assert "Your answers could not be saved" in page
    assert status(place.site.port, "/s/never-asked-before", "outage.localhost") == 503
    time.sleep(AWAY)  # the outage itself
    postgres.start()
    postgres.wait()

    wait_until_alive(place.site.port, 20, "/readyz")
    assert late.send(10)[0] == 303
    assert late.send(10)[0] == 303
    assert place.stored() == before + 1
    until(lambda: place.counted() == place.stored())


@pytest.mark.processes
@pytest.mark.timeout(180)
def test_answers_pass_while_valkey_is_away_and_are_counted_later(place: Place) -> None:
    before = place.stored()
    valkey = place.part("valkey")
    valkey.stop()
    assert status(place.site.port, "/readyz") == 503
    for pick in (2, 8):
        somebody = place.respondent()
        assert somebody.get()[0] == 200
        assert somebody.send(pick)[0] == 303
    assert place.stored() == before + 2
    time.sleep(AWAY)  # the outage itself
    valkey.start()
    valkey.wait()
    wait_until_alive(place.site.port, 20, "/readyz")
    somebody = place.respondent()
    somebody.get()
    assert somebody.send(5)[0] == 303
    until(lambda: place.counted() == place.stored() == before + 3)


@pytest.mark.processes
@pytest.mark.timeout(180)
def test_surveys_go_on_while_s3_is_away(place: Place) -> None:
    s3 = place.part("s3")
    s3.stop()
    assert status(place.site.port, "/readyz") == 503
    somebody = place.respondent()
    assert somebody.get()[0] == 200
    assert somebody.send(7)[0] == 303
    s3.start()
    s3.wait()
    wait_until_alive(place.site.port, 20, "/readyz")
