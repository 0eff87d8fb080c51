"""The fast path on a real PostgreSQL: one round trip, one tenant, and no half-done connection left behind."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from infra.db import Databases, TenantRef, fast
from infra.errors import Unavailable
from infra.services import Services
from infra.settings import Settings
from tests.support.tenants import close_for_good, open_own

WHO = "SELECT current_user, current_setting('search_path')"


def end_connections_of(settings: Settings, application: str) -> None:
    """As a restart of the server does: returns when none is left."""
    database = settings.control_database.rpartition("/")[2]
    ours = "FROM pg_stat_activity WHERE application_name = %s AND datname = %s"
    with psycopg.connect(os.environ["TESTS_SUPERUSER"], autocommit=True) as connection:
        while connection.execute(f"SELECT pg_terminate_backend(pid) {ours}", [application, database]).fetchall():
            pass


def test_a_statement_runs_as_its_tenant_and_leaves_nothing_on_the_connection(
    services: Services, acme: TenantRef
) -> None:
    assert fast.once(services.db, acme, WHO) == [(acme.role, acme.schema)]
    with fast.checked_out(services.db, acme.cell) as connection:
        row = connection.execute(WHO).fetchone()
        connection.rollback()
    assert row is not None
    assert row[0] == "rapport_app"


def test_another_tenants_table_is_refused(services: Services, acme: TenantRef, globex: TenantRef) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        fast.once(services.db, acme, f"SELECT 1 FROM {globex.schema}.events")  # type: ignore[arg-type]


def test_values_come_back_as_they_were_sent(services: Services, acme: TenantRef) -> None:
    key = uuid4()
    sent = "SELECT $1::uuid, $2::int, $3::bool, $4::jsonb->>'ä', $5::text, $6::text"
    assert fast.once(services.db, acme, sent, key, 7, True, {"ä": "ö"}, None, "x") == [
        (str(key), "7", "t", "ö", None, "x")
    ]
    assert fast.once(services.db, acme, "SELECT 1 WHERE false") == []


def test_what_postgresql_refuses_is_its_error_and_the_connection_goes_on(
    services: Services, acme: TenantRef
) -> None:
    with pytest.raises(errors.DivisionByZero):
        fast.once(services.db, acme, "SELECT 1 / 0")
    with pytest.raises(psycopg.DataError):
        fast.once(services.db, acme, "SELECT $1::text", "a\x00b")
    assert fast.once(services.db, acme, "SELECT 1") == [("1",)]


def test_a_statement_about_what_is_not_there_can_be_run_once_it_is(
    services: Services, own_tenant: TenantRef
) -> None:
    statement = "SELECT late::text FROM events WHERE id = $1::uuid"
    with pytest.raises(errors.UndefinedColumn):
        fast.once(services.db, own_tenant, statement, uuid4())
    with psycopg.connect(services.db.dsn(own_tenant.cell, "owner")) as owner:
        owner.execute(f"ALTER TABLE {own_tenant.schema}.events ADD COLUMN late int")
    assert fast.once(services.db, own_tenant, statement, uuid4()) == []


def test_a_plan_that_a_migration_outdated_is_made_again(services: Services, own_tenant: TenantRef) -> None:
    statement = "SELECT kind FROM events WHERE id = $1::uuid"
    for kind in ("text", "varchar(40)", "text"):
        with psycopg.connect(services.db.dsn(own_tenant.cell, "owner")) as owner:
            owner.execute(f"ALTER TABLE {own_tenant.schema}.events ALTER COLUMN kind TYPE {kind}")
        assert fast.once(services.db, own_tenant, statement, uuid4()) == []


@pytest.fixture
def neighbour(services: Services) -> Iterator[TenantRef]:
    """Another tenant in the same database that only this test sees."""
    opened = open_own(services)
    yield opened
    close_for_good(services, opened)


def test_one_plan_serves_tenants_in_turn(services: Services, own_tenant: TenantRef, neighbour: TenantRef) -> None:
    insert = (
        "INSERT INTO events (id, kind, subject_id, data, occurred_at)"
        " VALUES ($1::uuid, 'bench', $1::uuid, '{}', now()) RETURNING tableoid::regclass::text"
    )
    for tenant in (own_tenant, neighbour, own_tenant, own_tenant, neighbour) * 4:
        key = uuid4()
        fast.once(services.db, tenant, insert, key)
        other = neighbour if tenant is own_tenant else own_tenant
        assert fast.once(services.db, tenant, "DELETE FROM event_deliveries WHERE event_id = $1::uuid", key) == []
        seen = "SELECT count(*) FROM events WHERE id = $1::uuid"
        assert fast.once(services.db, tenant, seen, key) == [("1",)]
        assert fast.once(services.db, other, seen, key) == [("0",)]


def test_a_failed_transaction_keeps_nothing(services: Services, acme: TenantRef) -> None:
    insert = "INSERT INTO events (id, kind, subject_id, data, occurred_at) VALUES (%s, 'x', %s, '{}', now())"
    key = uuid4()
    with pytest.raises(ValueError, match="stop"), fast.transaction(services.db, acme) as connection:
        connection.execute(insert, [key, key])
        raise ValueError("stop")
    assert fast.once(services.db, acme, "SELECT 1 FROM events WHERE id = $1::uuid", key) == []


def test_connections_that_a_restart_ended_are_replaced_before_anything_is_sent(
    services: Services, settings: Settings, acme: TenantRef
) -> None:
    fast.once(services.db, acme, "SELECT 1")
    end_connections_of(settings, "rapport-app")
    assert fast.once(services.db, acme, "SELECT 1") == [("1",)]


def test_a_connection_that_breaks_half_way_is_unavailable_and_not_used_again(
    services: Services, settings: Settings, acme: TenantRef
) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fast.once, services.db, acme, "SELECT pg_sleep(20)")
        while not waiting.done():
            end_connections_of(settings, "rapport-app")
        with pytest.raises(Unavailable):
            waiting.result()
    assert fast.once(services.db, acme, "SELECT 1") == [("1",)]


def test_no_server_is_unavailable(settings: Settings, acme: TenantRef) -> None:
    from dataclasses import replace

    nowhere = Databases(replace(settings, control_database="postgresql://127.0.0.1:1/x", cells=""))
    with pytest.raises(Unavailable):
        fast.once(nowhere, acme, "SELECT 1")


def test_many_threads_and_tenants_never_see_each_other(
    services: Services, acme: TenantRef, globex: TenantRef
) -> None:
    def ask(number: int) -> bool:
        tenant = (acme, globex)[number % 2]
        return fast.once(services.db, tenant, WHO) == [(tenant.role, tenant.schema)]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(200)))
