"""How a tenant comes, rests and goes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import delete, select, text
from sqlalchemy.exc import SQLAlchemyError

from infra import crypto
from infra.db import Databases, TenantRef
from infra.errors import Conflict
from infra.ids import new_id
from infra.services import Services
from infra.storage import ObjectMissing, tenant_key
from tenants import provisioning
from tenants.directory import Directory
from tenants.migrations import TENANT, migrate_tenants
from tenants.models import Cell, Tenant, TenantTransition
from tests.support.tenants import close_for_good, forget_anchor, open_own
from tests.support.waiting import until


def slug() -> str:
    return f"t-{uuid4().hex[:10]}"


def opened(services: Services, name: str, actor: str = "tests") -> TenantRef:
    provisioning.make_spare(services.db, services.keys, "default")
    return provisioning.open_tenant(services.db, name, "Some Business", actor=actor, prepare=lambda session: None)


def test_two_sign_ups_for_one_slug_leave_one_tenant(services: Services) -> None:
    name = slug()
    for _ in range(2):
        provisioning.make_spare(services.db, services.keys, "default")
    won: list[TenantRef] = []
    lost: list[Exception] = []
    start = threading.Barrier(2)

    def sign_up(actor: str) -> None:
        start.wait()
        try:
            won.append(provisioning.open_tenant(services.db, name, "B", actor=actor, prepare=lambda session: None))
        except provisioning.SlugTaken as problem:
            lost.append(problem)

    threads = [threading.Thread(target=sign_up, args=(f"sign-up {n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 1)
    close_for_good(services, won[0])


def test_an_opening_that_died_is_taken_up_by_the_same_sign_up(services: Services) -> None:
    name = slug()
    provisioning.make_spare(services.db, services.keys, "default")

    def die(session: object) -> None:
        raise RuntimeError("killed here")

    with pytest.raises(RuntimeError):
        provisioning.open_tenant(services.db, name, "B", actor="sign-up 1", prepare=die)
    with pytest.raises(provisioning.SlugTaken):
        provisioning.open_tenant(services.db, name, "B", actor="sign-up 2", prepare=lambda session: None)
    tenant = provisioning.open_tenant(services.db, name, "B", actor="sign-up 1", prepare=lambda session: None)
    again = provisioning.open_tenant(services.db, name, "B", actor="sign-up 1", prepare=lambda session: None)
    assert tenant == again
    with services.db.control_session() as session:
        states = session.scalars(
            select(TenantTransition.state)
            .where(TenantTransition.tenant_id == tenant.id)
            .order_by(TenantTransition.id)
        ).all()
    assert states == ["opening", "active"]
    close_for_good(services, tenant)


def test_a_suspended_tenant_is_known_and_a_closed_one_is_not(services: Services) -> None:
    name = slug()
    tenant = opened(services, name)
    host = f"{name}.localhost:8000"
    provisioning.suspend(services.db, tenant.id, actor="tests", reason="unpaid")
    found = Directory(services.db, services.settings).find(host)
    assert found is not None
    assert found.state == "suspended"
    provisioning.reopen(services.db, tenant.id, actor="tests")
    provisioning.close(services.db, services.keys, services.storage, tenant.id, actor="tests")
    provisioning.close(services.db, services.keys, services.storage, tenant.id, actor="tests")
    assert Directory(services.db, services.settings).find(host) is None
    with pytest.raises(SQLAlchemyError), services.db.tenant_session(tenant) as session:
        session.execute(text("SELECT 1 FROM events"))
    with psycopg.connect(services.db.dsn("default", "owner")) as connection:
        row = connection.execute("SELECT to_regnamespace(%s)", (tenant.schema,)).fetchone()
        assert row == (None,)


def test_a_closed_tenants_files_go_and_nobody_elses(services: Services, acme: TenantRef) -> None:
    tenant = opened(services, slug())
    kept = tenant_key(acme, "brand", "kept.txt")
    for key in (tenant_key(tenant, "brand", "logo.png"), tenant_key(tenant, "exports", "a.csv"), kept):
        services.storage.put(key, b"content", content_type="text/plain")
    provisioning.close(services.db, services.keys, services.storage, tenant.id, actor="tests")
    with pytest.raises(ObjectMissing):
        services.storage.get(tenant_key(tenant, "brand", "logo.png"))
    assert services.storage.delete_all_of(tenant) == 0
    assert services.storage.get(kept) == b"content"
    services.storage.delete(kept)


def test_a_closed_tenant_cannot_be_reopened(services: Services) -> None:
    tenant = opened(services, slug())
    provisioning.close(services.db, services.keys, services.storage, tenant.id, actor="tests")
    with pytest.raises(Conflict):
        provisioning.reopen(services.db, tenant.id, actor="tests")


def test_spares_are_kept_in_every_open_cell(services: Services) -> None:
    provisioning.fill_spares(services.db, services.keys, 1)
    with services.db.control_session() as session:
        cells = set(session.scalars(select(Cell.name)))
        with_spares = set(session.scalars(select(Tenant.cell).where(Tenant.state == "spare")))
    assert with_spares == cells == {"default", "b"}
    assert provisioning.fill_spares(services.db, services.keys, 1) == 0


def test_a_spare_that_was_half_made_is_cleared_away(services: Services) -> None:
    left = new_id()
    with services.db.control_session() as session:
        session.add(Tenant(id=left, cell="default", state="making"))
    provisioning.fill_spares(services.db, services.keys, 1)
    with services.db.control_session() as session:
        assert session.get(Tenant, left) is None


def test_a_cell_that_is_away_costs_the_others_nothing(services: Services, acme: TenantRef) -> None:
    address = "postgresql://127.0.0.1:1/nowhere"
    settings = replace(services.settings, cells=f"{services.settings.cells} away={address}")
    databases = Databases(settings)
    keys = crypto.Keys(crypto.key_provider(settings), databases)
    lost, half_made = new_id(), new_id()
    with services.db.control_session() as session:
        session.add(Cell(name="away"))
        session.flush()
        session.add(Tenant(id=half_made, cell="away", state="making"))
        session.add(Tenant(id=lost, cell="away", state="spare", revision="0001"))
        spares = session.scalars(select(Tenant.id).where(Tenant.state == "spare", Tenant.cell == "default")).all()
    for spare in spares:
        forget_anchor(services, spare)
    with services.db.control_session() as session:
        session.execute(delete(Tenant).where(Tenant.id.in_(spares)))
    try:
        assert provisioning.fill_spares(databases, keys, 1) == 1
        report = migrate_tenants(databases, TENANT, [lost, acme.id])
        assert report.unchanged == [acme.id]
        assert list(report.failed) == [lost]
    finally:
        databases.close()
        with services.db.control_session() as session:
            session.execute(delete(Tenant).where(Tenant.cell == "away"))
            session.execute(delete(Cell).where(Cell.name == "away"))


def test_a_tenant_in_another_cell_is_served_alike(services: Services) -> None:
    tenant = open_own(services, cell="b")
    with services.db.tenant_session(tenant) as session:
        assert session.scalar(text("SELECT current_database()")) == services.db.addresses["b"].rsplit("/", 1)[1]
    close_for_good(services, tenant)


def test_a_change_is_seen_by_another_process_within_two_seconds(services: Services) -> None:
    elsewhere = Directory(services.db, services.settings)
    name = slug()
    assert elsewhere.find(f"{name}.localhost") is None
    tenant = opened(services, name)
    elsewhere._checked -= 1.0  # one second later
    found = elsewhere.find(f"{name}.localhost")
    assert found is not None
    assert found.ref == tenant
    close_for_good(services, tenant)


@pytest.mark.parametrize(
    "host", ["", "localhost.", "nobody.localhost", "acme.localhost.evil.example", "acme", "[::1]"]
)
def test_an_unknown_host_has_no_tenant(services: Services, host: str) -> None:
    directory = Directory(services.db, services.settings)
    assert directory.find(host) is None


def test_a_tenant_is_closed_while_somebody_reads_in_it_in_any_order(services: Services) -> None:
    tenant = opened(services, slug())
    owner = services.db.dsn(tenant.cell, "owner")
    with psycopg.connect(owner) as reader, psycopg.connect(owner, autocommit=True) as watcher:
        names = [name for (name,) in reader.execute(TABLES, (tenant.schema,))]
        for name in names[::2]:
            reader.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(tenant.schema, name)))
        with ThreadPoolExecutor(1) as thread:
            closing = thread.submit(
                provisioning.close, services.db, services.keys, services.storage, tenant.id, actor="tests"
            )
            until(lambda: bool(watcher.execute(WAITS).fetchone()), "the closing, which waits for the reader")
            with suppress(psycopg.errors.DeadlockDetected):  # one of both gives way; here the reader may
                for name in names[1::2]:
                    reader.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(tenant.schema, name)))
            reader.rollback()
            closing.result()
        assert not watcher.execute(TABLES, (tenant.schema,)).fetchall()


TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename"
WAITS = "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' LIMIT 1"
