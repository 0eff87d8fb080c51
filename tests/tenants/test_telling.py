"""What an operator did with a workspace stands in the workspace's own audit log, once, whatever happens between."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import exc, select, text

from infra.db import Databases, TenantRef
from infra.ids import new_id
from infra.services import Services
from tenants import audit, moving
from tenants.models import AuditEntry, TenantTransition
from tenants.operators import telling, workspaces
from tenants.permissions import Actor

OLGA = Actor("operator", new_id())


@pytest.fixture(autouse=True)
def _clean(services: Services) -> Any:
    yield
    with services.db.owner("control") as connection:
        connection.execute(text("DELETE FROM control.operator_audit"))


def suspended(services: Services, tenant: TenantRef, cause: str = "payment") -> None:
    with services.db.control_session() as session:
        typed = tenant.slug
        workspaces.suspend(session, tenant.id, typed=typed, reason="Ann owes us", by=OLGA, cause=cause)


def reopened(services: Services, tenant: TenantRef) -> None:
    with services.db.control_session() as session:
        workspaces.reopen(session, tenant.id, reason="Ann has paid", by=OLGA, cause="settled")


def entries(services: Services, tenant: TenantRef) -> list[AuditEntry]:
    with services.db.tenant_session(tenant) as session:
        kinds = (telling.SUSPENDED, telling.REOPENED)
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action.in_(kinds)).order_by(AuditEntry.id)))


def open_ones(services: Services, tenant: TenantRef) -> list[UUID]:
    return [each.id for each, ref in telling.untold(services.db) if ref.id == tenant.id]


def test_the_workspace_reads_who_and_why_in_codes_and_no_word_of_the_operators_note(
    services: Services, own_tenant: TenantRef
) -> None:
    suspended(services, own_tenant)
    reopened(services, own_tenant)
    telling.tell_tenants(services, None)
    first, second = entries(services, own_tenant)
    assert (first.action, second.action) == ("workspace.suspended", "workspace.reopened")
    assert (first.actor_kind, first.actor_id) == ("operator", OLGA.id)
    assert (first.data["cause"], second.data["cause"]) == ("payment", "settled")
    assert "Ann" not in str([first.data, second.data])
    with services.db.tenant_session(own_tenant) as session:
        said = [words for _, words in audit.told(session, [first, second])]
    assert said == [
        "An operator of Rapport suspended the workspace (payment).",
        "An operator of Rapport reopened the workspace (the matter is settled).",
    ]
    telling.tell_tenants(services, None)
    assert len(entries(services, own_tenant)) == 2
    assert open_ones(services, own_tenant) == []


@pytest.mark.processes
def test_killed_between_the_two_databases_it_is_neither_lost_nor_doubled(
    services: Services, own_tenant: TenantRef, environment: dict[str, str]
) -> None:
    suspended(services, own_tenant)
    command = [sys.executable, "-m", "tests.processes.dying_teller"]
    for _ in range(2):
        assert subprocess.run(command, env=environment, timeout=60, check=False).returncode == -9
        assert len(entries(services, own_tenant)) == 1
        assert len(open_ones(services, own_tenant)) == 1, "it is noted nowhere that the workspace knows"
    telling.tell_tenants(services, None)
    assert len(entries(services, own_tenant)) == 1
    assert open_ones(services, own_tenant) == []


def test_two_who_tell_at_once_write_one_entry(services: Services, own_tenant: TenantRef) -> None:
    suspended(services, own_tenant)
    ((transition, ref),) = [each for each in telling.untold(services.db) if each[1].id == own_tenant.id]

    def tell(_: int) -> None:
        Context().run(telling.tell, services.db, transition, ref)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(tell, range(6)))
    assert len(entries(services, own_tenant)) == 1


def test_while_its_cell_is_away_a_workspace_is_told_later_and_others_at_once(
    services: Services, own_tenant: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspended(services, own_tenant)
    real = Databases.tenant_session

    def away(self: Databases, *given: Any, **options: Any) -> Any:
        raise exc.OperationalError("", {}, psycopg.OperationalError("no server"))

    monkeypatch.setattr(Databases, "tenant_session", away)
    telling.tell_tenants(services, None)
    monkeypatch.setattr(Databases, "tenant_session", real)
    assert len(open_ones(services, own_tenant)) == 1
    telling.tell_tenants(services, None)
    assert len(entries(services, own_tenant)) == 1


def test_a_deed_is_told_about_as_soon_as_it_is_committed(services: Services, own_tenant: TenantRef) -> None:
    services.queues.connection.flushdb()
    suspended(services, own_tenant)
    jobs = services.queues.connection.keys("rq:job:*")
    assert len(jobs) == 1
    assert b"tell_tenants" in b"".join(services.queues.connection.hvals(jobs[0]))
    services.queues.connection.flushdb()


def test_moving_a_workspace_to_another_cell_is_no_deed_to_tell(services: Services, own_tenant: TenantRef) -> None:
    moving.move(services.db, services.keys, own_tenant.id, "b", actor="tests")
    assert open_ones(services, own_tenant) == []
    with services.db.control_session() as session:
        causes = session.scalars(
            select(TenantTransition.cause).where(TenantTransition.tenant_id == own_tenant.id)
        ).all()
    assert set(causes) == {None}
