"""Whoever tampers with the record as its owner is found, and the first entry that was touched is named."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import ProgrammingError

from infra import clock
from infra.ids import first_id_at, new_id
from tenants.audit import anchors, chain, verification
from tenants.audit import jobs as sealer
from tenants.models import AuditAnchor, AuditSeal
from tests.support.tenants import forget_anchor
from tests.tenants.sealing import as_owner, check, note, seal

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
    with pytest.raises(ProgrammingError), services.db.control_session() as control:
        control.execute(delete(AuditAnchor).where(AuditAnchor.tenant_id == own_tenant.id))
    forget_anchor(services, own_tenant.id)
    as_owner(services, own_tenant, "UPDATE audit_seals SET anchored_at = NULL")
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
