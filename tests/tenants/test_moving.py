"""A tenant moves to another cell with everything it has, and what still knows the old place fails closed."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from infra.db import TenantRef
from infra.events import record
from infra.events.models import Event
from infra.ids import new_id
from infra.services import Services
from surveys import surveys
from tenants import moving, provisioning, staff
from tenants.directory import Directory
from tenants.models import Tenant
from tests.processes.chaos_worker import Something
from tests.support.tenants import close_for_good, open_own

ADDRESS = "ann@example.org"


@pytest.fixture
def tenant(services: Services) -> Iterator[TenantRef]:
    opened = open_own(services)
    with services.db.tenant_session(opened) as session:
        staff.add(session, name="Ann", email=ADDRESS, role="owner", password_hash="x", locale="en")
        surveys.create_from_template(session, "nps", zone="UTC")
        record(session, Something(subject=new_id()))
    yield opened
    with services.db.control_session() as session:
        cell = session.get_one(Tenant, opened.id).cell
    close_for_good(services, TenantRef(opened.id, opened.slug, cell))


def where(services: Services, tenant: TenantRef) -> tuple[str, str]:
    with services.db.control_session() as session:
        row = session.get_one(Tenant, tenant.id)
        return row.cell, row.state


def check_whole(services: Services, tenant: TenantRef) -> None:
    services.keys.forget()
    with services.db.tenant_session(TenantRef(tenant.id, tenant.slug, "b")) as session:
        found = staff.find_by_email(session, ADDRESS)
        assert found is not None
        assert (found.name, found.email) == ("Ann", ADDRESS)
        assert len(surveys.list_surveys(session).items) == 1
        assert session.scalars(select(Event.kind)).all() == ["tests.something"]


def test_it_arrives_whole_and_is_served_from_there(services: Services, tenant: TenantRef) -> None:
    assert moving.move(services.db, services.keys, tenant.id, "b", actor="tests") > 4
    assert where(services, tenant) == ("b", "active")
    check_whole(services, tenant)
    found = Directory(services.db, services.settings).find(f"{tenant.slug}.localhost")
    assert found is not None
    assert found.ref.cell == "b"
    with psycopg.connect(services.db.dsn("default", "owner")) as connection:
        assert connection.execute("SELECT to_regnamespace(%s)", (tenant.schema,)).fetchone() == (None,)
    assert moving.move(services.db, services.keys, tenant.id, "b", actor="tests") == 0


def test_what_still_knows_the_old_place_fails_closed(
    services: Services, tenant: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(moving, "_name_new_cell", die)
        moving.move(services.db, services.keys, tenant.id, "b", actor="tests")
    assert where(services, tenant) == ("default", "suspended")
    with pytest.raises(SQLAlchemyError), services.db.tenant_session(tenant) as session:
        record(session, Something(subject=new_id()))

    moving.move(services.db, services.keys, tenant.id, "b", actor="tests")
    assert where(services, tenant) == ("b", "active")
    check_whole(services, tenant)


def test_a_suspended_tenant_stays_suspended(services: Services, tenant: TenantRef) -> None:
    provisioning.suspend(services.db, tenant.id, actor="tests", reason="unpaid")
    moving.move(services.db, services.keys, tenant.id, "b", actor="tests")
    assert where(services, tenant) == ("b", "suspended")


def test_an_unknown_cell_is_refused(services: Services, tenant: TenantRef) -> None:
    with pytest.raises(moving.UnknownCell):
        moving.move(services.db, services.keys, tenant.id, "atlantis", actor="tests")
    assert where(services, tenant) == ("default", "active")
