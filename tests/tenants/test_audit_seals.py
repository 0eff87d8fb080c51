"""The record is append-only and sealed in order, however many sealers there are and whenever they die."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextvars import Context
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import ProgrammingError

from infra import clock
from infra.services import Services
from tenants import audit
from tenants.audit import chain, sealing, verification
from tenants.audit import jobs as sealer
from tenants.models import AuditAnchor, AuditEntry, AuditSeal
from tenants.permissions import SYSTEM
from tests.support.commands import run_command
from tests.tenants.sealing import as_owner, check, ids_of, note, seal


@pytest.mark.parametrize(
    "change",
    [
        update(AuditEntry).values(action="staff.added"),
        delete(AuditEntry),
        text("TRUNCATE audit_log"),
        update(AuditSeal).values(head=b"x"),
        delete(AuditSeal),
    ],
    ids=str,
)
def test_the_applications_role_can_neither_change_nor_delete_what_was_recorded(services, own_tenant, change):
    note(services, own_tenant)
    seal(services, own_tenant)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        services.db.tenant_session(own_tenant) as session,
    ):
        session.execute(change)
    assert check(services, own_tenant).finding is None


def test_every_row_is_sealed_once_in_order_and_anchored(services, own_tenant, entries):
    with services.db.tenant_session(own_tenant) as session:
        seals = session.scalars(select(AuditSeal).order_by(AuditSeal.number)).all()
    assert [made.number for made in seals] == [1, 2, 3]
    assert [item.id for made in seals for item in chain.unpack(made.manifest)] == entries
    assert seals[0].previous == chain.GENESIS
    assert [made.previous for made in seals[1:]] == [made.head for made in seals[:-1]]
    assert all(made.anchored_at for made in seals)
    with services.db.control_session() as control:
        row = control.get_one(AuditAnchor, own_tenant.id)
    assert (row.number, row.head, row.entries) == (3, seals[-1].head, 9)
    report = check(services, own_tenant)
    assert report == verification.Report(entries=9, seals=3, waiting=0, finding=None)
    seal(services, own_tenant)
    assert check(services, own_tenant).seals == 3, "nothing waits, nothing is sealed"


def test_more_than_a_batch_becomes_several_seals(services, own_tenant, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 4)
    note(services, own_tenant, 10)
    seal(services, own_tenant)
    assert check(services, own_tenant) == verification.Report(10, 3, 0, None)


def test_a_row_that_is_committed_late_is_sealed_after_those_with_later_ids(services, own_tenant):
    with services.db.tenant_session(own_tenant) as slow:
        audit.record(slow, "demo.told", by=SYSTEM)
        slow.flush()
        other = services.db.open_tenant(own_tenant)
        with other, other.begin():
            audit.record(other, "demo.told", by=SYSTEM)
        Context().run(sealer.seal_all, services.db, own_tenant)
    seal(services, own_tenant)
    first, second = ids_of(services, own_tenant)
    with services.db.tenant_session(own_tenant) as session:
        order = [made.last_id for made in session.scalars(select(AuditSeal).order_by(AuditSeal.number))]
    assert order == [second, first]
    assert check(services, own_tenant) == verification.Report(2, 2, 0, None)


@pytest.mark.processes
def test_two_sealers_at_once_never_fork_the_chain(services, own_tenant, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 5)
    note(services, own_tenant, 100)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            sealer.seal_all(services.db, own_tenant)
            sealer.anchor(services.db, services.keys, own_tenant)
        except BaseException as problem:  # noqa: BLE001 told to the test
            failed.append(problem)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert check(services, own_tenant) == verification.Report(100, 20, 0, None)


CRASH = """
import os, sys
from uuid import UUID
import migrations.models
from infra.db import TenantRef
from infra.services import Services
from infra.settings import load
from tenants.audit import jobs, sealing
step, tenant = sys.argv[1], TenantRef(UUID(sys.argv[2]), sys.argv[3], sys.argv[4])
services = Services.start(load())
def die(*arguments, **named):
    os._exit(9)
if step == "before the anchor":
    jobs.anchor = die
elif step == "before it is noted":
    sealing.note_anchored = die
else:
    with services.db.tenant_session(tenant) as session:
        sealing.seal_next(session, tenant.id)
        die()
jobs.seal(services, tenant)
"""


@pytest.mark.processes
@pytest.mark.parametrize("step", ["before the commit", "before the anchor", "before it is noted"])
def test_a_sealer_that_dies_leaves_nothing_that_the_next_does_not_finish(services, own_tenant, environment, step):
    note(services, own_tenant, 3)
    where = [step, str(own_tenant.id), own_tenant.slug, own_tenant.cell]
    died = subprocess.run([sys.executable, "-c", CRASH, *where], env=environment, check=False, timeout=60)
    assert died.returncode == 9
    with services.db.tenant_session(own_tenant) as session:
        assert sealing.has_unsealed(session), "the sweeper sees that something was left"
    seal(services, own_tenant)
    with services.db.tenant_session(own_tenant) as session:
        assert not sealing.has_unsealed(session)
    assert check(services, own_tenant) == verification.Report(3, 1, 0, None)


def test_a_check_beside_a_busy_sealer_finds_nothing_wrong(services, own_tenant, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 3)
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            note(services, own_tenant, 2)
            seal(services, own_tenant)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        found = [check(services, own_tenant).finding for _ in range(25)]
    finally:
        ended.set()
        thread.join()
    assert set(found) == {None}


def test_a_detail_that_is_more_than_a_code_is_refused(session):
    for words in ("Ann Miller", "ann@acme.example", 1.5, ["a", "b c"], {"name": "Ann M"}):
        with pytest.raises(audit.NotACode):
            audit.record(session, "demo.told", by=SYSTEM, detail=words)
    audit.record(
        session, "demo.told", by=SYSTEM, host="shop.acme.example", scopes={"b", "a"}, at=clock.now(), no=None
    )
    session.flush()
    found = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert found.data["scopes"] == ["a", "b"]
    assert json.dumps(found.data)


def test_the_command_verifies_names_the_first_wrong_row_and_answers_1(services, own_tenant, entries):
    rapport = partial(run_command, "audit")
    code, said = rapport("verify", "--tenant", own_tenant.slug)
    assert (code, "9 entries in 3 seals" in said) == (0, True), said
    as_owner(services, own_tenant, "DELETE FROM audit_log WHERE id = %s", entries[5])
    code, said = rapport("verify")
    assert code == 1
    assert f"{own_tenant.slug}: entry {entries[5]} was removed (seal 2)" in said
    assert rapport("anchor", own_tenant.slug, "--confirm", own_tenant.slug)[0] == 0
    assert rapport("verify", "--tenant", own_tenant.slug)[0] == 1, "a new anchor mends no row"
    assert rapport("verify", "--tenant", "nobody-here")[0] == 1


def test_a_deed_asks_for_its_seal_within_seconds(services, own_tenant):
    services.queues.connection.flushdb()
    note(services, own_tenant, 3)
    waiting = services.queues.queue("default").scheduled_job_registry
    (job_id,) = waiting.get_job_ids()
    assert waiting.get_scheduled_time(job_id) <= clock.now() + timedelta(seconds=5)
    services.queues.connection.flushdb()


@pytest.fixture(autouse=True)
def _quiet(services: Services) -> Iterator[None]:
    yield
    services.queues.connection.flushdb()
