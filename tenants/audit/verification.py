"""Computing a chain anew and naming the first row that is not what was sealed.

Rows and links are read in the order of the chain, in constant memory and as they were at one moment: each link's
manifest says which rows it covers and what their digests were; the rows say what they are now.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tenants.audit import chain
from tenants.audit.anchors import Anchor
from tenants.audit.sealing import LATE
from tenants.models import AuditEntry, AuditSeal

SEALS = select(AuditSeal).order_by(AuditSeal.number).execution_options(yield_per=20)
COLUMNS = (
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.actor_kind,
    AuditEntry.actor_id,
    AuditEntry.action,
    AuditEntry.subject_id,
    AuditEntry.data,
    AuditEntry.request_id,
    AuditEntry.sealed_in,
)
"""Rows, not entities: a chain can be long."""
SEALED = (
    select(*COLUMNS)
    .where(AuditEntry.sealed_in.is_not(None))
    .order_by(AuditEntry.sealed_in, AuditEntry.id)
    .execution_options(yield_per=2_000)
)
WAITING = (
    select(*COLUMNS)
    .where(AuditEntry.sealed_in.is_(None))
    .order_by(AuditEntry.id)
    .execution_options(yield_per=2_000)
)

Problem = Literal[
    "changed",
    "removed",
    "inserted",
    "reordered",
    "seal_changed",
    "seal_missing",
    "truncated",
    "anchor_differs",
    "anchor_missing",
    "anchor_forged",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong, in the order of the chain."""

    problem: Problem
    seal: int | None = None
    entry: UUID | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at: rows that are sealed, links, rows that still wait, and what is wrong, if anything."""

    entries: int
    seals: int
    waiting: int
    finding: Finding | None


@dataclass(slots=True)
class _Walk:
    """Where the check stands."""

    tenant_id: UUID
    anchor: Anchor | None
    number: int = 0
    head: bytes = chain.GENESIS
    newest: UUID | None = None
    entries: int = 0
    waiting: int = 0


def verify(session: Session, tenant_id: UUID, anchor: Anchor | None) -> Report:
    """Computes the chain of the open tenant anew and holds it against its anchor.

    `session` must not have begun: the check reads one snapshot, beside whoever seals meanwhile.
    """
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    walk = _Walk(tenant_id, anchor)
    with ExitStack() as reading:
        finding = next(_findings(session, walk, reading), None)
    return Report(walk.entries, walk.number, walk.waiting, finding)


def _findings(session: Session, walk: _Walk, reading: ExitStack) -> Iterator[Finding]:
    """What is wrong, in the order of the chain; only the first is ever asked for. `reading` ends the cursors."""
    rows = _Rows(iter(reading.enter_context(session.execute(SEALED))))
    for seal in reading.enter_context(session.scalars(SEALS)):
        session.expunge(seal)
        yield from _of_place(seal, walk)
        yield from _of_rows(session, seal, rows.of(seal.number), walk)
        yield from _of_head(seal, walk)
        walk.number, walk.head = seal.number, seal.head
    for entry in rows.rest():
        yield Finding("inserted", entry.sealed_in, entry.id)
    yield from _of_end(walk)
    for entry in reading.enter_context(session.execute(WAITING)):
        if _out_of_time(entry, walk):
            yield Finding("inserted", None, entry.id)
        walk.waiting += 1


def _of_place(seal: AuditSeal, walk: _Walk) -> Iterator[Finding]:
    if seal.number != walk.number + 1:
        yield Finding("seal_missing", walk.number + 1)
    if seal.previous != walk.head:
        yield Finding("seal_changed", seal.number)


def _of_rows(session: Session, seal: AuditSeal, rows: Sequence[Row[Any]], walk: _Walk) -> Iterator[Finding]:
    """Row by row in the order of ids: what the manifest names beside what is there."""
    try:
        items = list(chain.unpack(seal.manifest))
    except ValueError:
        yield Finding("seal_changed", seal.number)
        return
    for before, after in pairwise(items):
        if after.id <= before.id:
            yield Finding("reordered", seal.number, after.id)
    sealed = {item.id: item.digest for item in items}
    present = {row.id: row for row in rows}
    for entry_id in sorted(sealed.keys() | present.keys()):
        if entry_id not in sealed:
            yield Finding("inserted", seal.number, entry_id)
        elif entry_id not in present:
            elsewhere = session.get(AuditEntry, entry_id) is not None
            yield Finding("reordered" if elsewhere else "removed", seal.number, entry_id)
        elif chain.digest(present[entry_id]) != sealed[entry_id]:
            yield Finding("changed", seal.number, entry_id)
        elif _out_of_time(present[entry_id], walk):
            yield Finding("inserted", seal.number, entry_id)
        walk.entries += 1
    if items and (walk.newest is None or items[-1].id > walk.newest):
        walk.newest = items[-1].id


def _of_head(seal: AuditSeal, walk: _Walk) -> Iterator[Finding]:
    computed = chain.head(walk.tenant_id, seal.number, seal.sealed_at, seal.previous, seal.manifest)
    if computed != seal.head or seal.format != chain.FORMAT:
        yield Finding("seal_changed", seal.number)
    if seal.count * 48 != len(seal.manifest):
        yield Finding("seal_changed", seal.number)
    if walk.anchor is not None and walk.anchor.number == seal.number and walk.anchor.head != seal.head:
        yield Finding("anchor_differs", seal.number)


def _of_end(walk: _Walk) -> Iterator[Finding]:
    """The chain against what is known outside."""
    if walk.anchor is None:
        yield Finding("anchor_missing")
        return
    if not walk.anchor.genuine:
        yield Finding("anchor_forged", walk.anchor.number)
    if walk.number < walk.anchor.number:
        yield Finding("truncated", walk.number + 1)


def _out_of_time(entry: Row[Any], walk: _Walk) -> bool:
    """Whether the row claims another time than its place: our ids hold their moment, no transaction lives long."""
    made = chain.made_at(entry.id)
    if made is None or abs(made - entry.at) > LATE:
        return True
    newest = chain.made_at(walk.newest) if walk.newest else None
    return newest is not None and made < newest - LATE


class _Rows:
    """The sealed rows in the order of their seals, handed out seal by seal."""

    def __init__(self, entries: Iterator[Row[Any]]) -> None:
        self._groups = groupby(entries, key=lambda entry: entry.sealed_in or 0)
        self._early: list[Row[Any]] = []
        self._next: tuple[int, list[Row[Any]]] | None = None

    def of(self, number: int) -> list[Row[Any]]:
        """The rows of a seal. What claims a seal before it, which there is not, is kept for `rest`."""
        while (group := self._peek()) is not None and group[0] < number:
            self._early.extend(group[1])
            self._next = None
        if group is None or group[0] != number:
            return []
        self._next = None
        return group[1]

    def rest(self) -> Iterator[Row[Any]]:
        """Rows that claim a seal which does not exist."""
        yield from self._early
        while (group := self._peek()) is not None:
            yield from group[1]
            self._next = None

    def _peek(self) -> tuple[int, list[Row[Any]]] | None:
        if self._next is None:
            found = next(self._groups, None)
            self._next = (found[0], list(found[1])) if found else None
        return self._next
