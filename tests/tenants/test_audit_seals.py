"""The record is append-only, sealed within seconds, and whoever tampers with it as its owner is found."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import ProgrammingError

from infra import clock
from infra.db import TenantRef
from infra.ids import first_id_at, new_id
from infra.services import Services
from tenants import audit
from tenants.audit import anchors, chain, sealing, verification
from tenants.audit import jobs as sealer
from tenants.models import AuditAnchor, AuditEntry, AuditSeal
from tenants.permissions import SYSTEM

Tamper = Callable[[str, list[UUID]], UUID | None]


@pytest.fixture
def entries(services: Services, own_tenant: TenantRef) -> list[UUID]:
    """Nine rows in three seals."""
    for _ in range(3):
        note(services, own_tenant, 3)
        seal(services, own_tenant)
    return ids_of(services, own_tenant)


def note(services: Services, tenant: TenantRef, count: int = 1) -> None:
    with services.db.tenant_session(tenant) as session:
        for number in range(count):
            audit.record(session, "demo.told", by=SYSTEM, subject=tenant.id, number=number)
            session.flush()


def seal(services: Services, tenant: TenantRef) -> None:
    sealer.seal(services, tenant)


def check(services: Services, tenant: TenantRef) -> verification.Report:
    return sealer.check(services.db, services.keys, tenant)


def ids_of(services: Services, tenant: TenantRef) -> list[UUID]:
    with services.db.tenant_session(tenant) as session:
        return list(session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))


def as_owner(services: Services, tenant: TenantRef, statement: str, *values: object) -> None:
    """What somebody can do who took over the owner of the schema."""
    with psycopg.connect(services.db.dsn(tenant.cell, "owner"), autocommit=True) as connection:
        connection.execute("SET ROLE rapport_owner")
        connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(tenant.schema)))
        connection.execute(statement, values)


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


TAMPERED: dict[str, tuple[str, Callable[[list[UUID]], tuple[object, ...]], str, int | None]] = {
    "a code is changed": (
        "UPDATE audit_log SET data = '{\"number\": 7}' WHERE id = %s", lambda ids: (ids[4],), "changed", 4),
    "the one who did it is changed": (
        "UPDATE audit_log SET actor_kind = 'support' WHERE id = %s", lambda ids: (ids[1],), "changed", 1),
    "the moment is moved": (
        "UPDATE audit_log SET at = at - interval '1 second' WHERE id = %s", lambda ids: (ids[8],), "changed", 8),
    "a row is removed": ("DELETE FROM audit_log WHERE id = %s", lambda ids: (ids[3],), "removed", 3),
    "the last row is removed": ("DELETE FROM audit_log WHERE id = %s", lambda ids: (ids[8],), "removed", 8),
    "two rows change places": (
        "UPDATE audit_log SET data = CASE id WHEN %s THEN '{\"number\": 1}'::jsonb ELSE '{\"number\": 0}' END"
        " WHERE id IN (%s, %s)", lambda ids: (ids[3], ids[3], ids[4]), "changed", 3),
    "a row moves to another seal": (
        "UPDATE audit_log SET sealed_in = 3 WHERE id = %s", lambda ids: (ids[2],), "reordered", 2),
    "a sealed row waits again": (
        "UPDATE audit_log SET sealed_in = NULL WHERE id = %s", lambda ids: (ids[5],), "reordered", 5),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_as_the_owner_is_found_and_the_row_is_named(services, own_tenant, entries, how):
    statement, values, problem, which = TAMPERED[how]
    as_owner(services, own_tenant, statement, *values(entries))
    finding = check(services, own_tenant).finding
    assert finding is not None
    assert (finding.problem, finding.entry) == (problem, entries[which])


def test_of_several_changes_the_first_in_the_chain_is_named(services, own_tenant, entries):
    as_owner(services, own_tenant, "DELETE FROM audit_log WHERE id = %s", entries[7])
    as_owner(services, own_tenant, "UPDATE audit_log SET action = 'staff.added' WHERE id = %s", entries[4])
    assert check(services, own_tenant).finding == verification.Finding("changed", 2, entries[4])


INSERT = (
    "INSERT INTO audit_log (id, at, actor_kind, action, data, sealed_in) VALUES (%s, %s, 'system', 'x.y', '{}', %s)"
)


@pytest.mark.parametrize("sealed_in", [2, 9, None], ids=["into a seal", "into none that is", "unsealed"])
@pytest.mark.parametrize("resealed", [False, True])
def test_a_row_put_in_behind_what_is_sealed_is_found(services, own_tenant, entries, sealed_in, resealed):
    """Its id claims last week, as its moment does; that it then gets a seal like any other does not help it."""
    past = clock.now() - timedelta(days=7)
    forged = UUID(int=first_id_at(past).int + 1)
    as_owner(services, own_tenant, INSERT, forged, past, sealed_in)
    if resealed:
        seal(services, own_tenant)
    finding = check(services, own_tenant).finding
    assert finding is not None
    assert (finding.problem, finding.entry) == ("inserted", forged)


@pytest.mark.parametrize("forged", [new_id, uuid4])
def test_a_new_row_that_claims_to_be_old_is_found(services, own_tenant, entries, forged):
    chosen = forged()
    as_owner(services, own_tenant, INSERT, chosen, clock.now() - timedelta(days=7), None)
    seal(services, own_tenant)
    assert check(services, own_tenant).finding == verification.Finding("inserted", 4, chosen)


def test_rows_in_another_order_inside_a_seal_are_found(services, own_tenant, entries):
    with services.db.tenant_session(own_tenant) as session:
        items = list(chain.unpack(session.get_one(AuditSeal, 2).manifest))
    swapped = chain.pack([items[1], items[0], items[2]])
    as_owner(services, own_tenant, "UPDATE audit_seals SET manifest = %s WHERE number = 2", swapped)
    assert check(services, own_tenant).finding == verification.Finding("reordered", 2, entries[3])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_seals SET manifest = set_byte(manifest, 20, 0) WHERE number = 2",
        "UPDATE audit_seals SET head = sha256(head) WHERE number = 2",
        "UPDATE audit_seals SET previous = sha256(previous) WHERE number = 2",
        "UPDATE audit_seals SET sealed_at = sealed_at - interval '1 day' WHERE number = 2",
        "UPDATE audit_seals SET count = 2 WHERE number = 2",
        "UPDATE audit_seals SET manifest = substr(manifest, 1, 100) WHERE number = 2",
        "DELETE FROM audit_seals WHERE number = 2",
        "UPDATE audit_seals SET number = CASE number WHEN 1 THEN 12 WHEN 2 THEN 11 ELSE number END",
    ],
)
def test_a_seal_that_was_touched_is_found(services, own_tenant, entries, statement):
    as_owner(services, own_tenant, statement)
    assert check(services, own_tenant).finding is not None


def test_a_tail_that_was_cut_off_is_found_by_the_anchor_even_after_more_was_sealed(services, own_tenant, entries):
    as_owner(services, own_tenant, "DELETE FROM audit_log WHERE sealed_in = 3")
    as_owner(services, own_tenant, "DELETE FROM audit_seals WHERE number = 3")
    assert check(services, own_tenant).finding == verification.Finding("truncated", 3)
    for _ in range(3):
        note(services, own_tenant)
        seal(services, own_tenant)
    assert check(services, own_tenant).finding == verification.Finding("anchor_differs", 3)
    with services.db.control_session() as control:
        assert control.get_one(AuditAnchor, own_tenant.id).number == 3, "the anchor does not follow"


def test_a_chain_that_was_computed_anew_from_forged_rows_is_found(services, own_tenant, entries):
    """Whoever owns the schema can write new seals; not the anchor."""
    as_owner(services, own_tenant, "DELETE FROM audit_log WHERE id = %s", entries[0])
    as_owner(services, own_tenant, "DELETE FROM audit_seals")
    as_owner(services, own_tenant, "UPDATE audit_log SET sealed_in = NULL")
    sealer.seal_all(services.db, own_tenant)
    with services.db.control_session() as control:
        present = anchors.find(control, services.keys, own_tenant.id)
    with services.db.tenant_session(own_tenant) as session:
        assert anchors.advance(session, present) is None
    finding = check(services, own_tenant).finding
    assert finding is not None
    assert finding.problem in ("anchor_differs", "truncated")


def test_an_anchor_made_by_somebody_else_is_found(services, own_tenant, entries):
    with services.db.control_session() as control:
        row = control.get_one(AuditAnchor, own_tenant.id)
        row.head, row.number = bytes(32), 2
    finding = check(services, own_tenant).finding
    assert finding is not None
    assert finding.problem in ("anchor_differs", "anchor_forged")
    with services.db.control_session() as control:
        control.execute(delete(AuditAnchor).where(AuditAnchor.tenant_id == own_tenant.id))
    assert check(services, own_tenant).finding == verification.Finding("anchor_missing")
    note(services, own_tenant)
    seal(services, own_tenant)
    assert check(services, own_tenant).finding == verification.Finding("anchor_missing"), (
        "nobody makes it anew alone"
    )
    sealer.anchor(services.db, services.keys, own_tenant, anew=True)
    assert check(services, own_tenant).finding is None


def test_what_is_checked_and_found_stands_beside_the_anchor(services, own_tenant, entries):
    check(services, own_tenant)
    with services.db.control_session() as control:
        found = anchors.state(control, own_tenant.id)
    assert found is not None
    assert (found.entries, found.problem) == (9, None)
    assert found.checked_at is not None
    as_owner(services, own_tenant, "DELETE FROM audit_log WHERE id = %s", entries[3])
    with services.db.control_session() as control:
        control.execute(update(AuditAnchor).values(checked_at=clock.now() - timedelta(days=2)))
    sealer.check_next(services, None)
    with services.db.control_session() as control:
        found = anchors.state(control, own_tenant.id)
    assert found is not None
    assert (found.problem, found.problem_entry) == ("removed", entries[3])


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


@pytest.mark.processes
def test_the_command_verifies_names_the_first_wrong_row_and_answers_1(services, own_tenant, entries, environment):
    def rapport(*words: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "web.cli", "audit", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

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
