"""Anchors: the last head of each tenant's chain, in the control plane, with a code that no database can make.

Each tenant has its anchor before it has its first entry, and only moves it forwards, along the chain that it stands
on: when the tenant's chain does not hold the anchored head any more, the anchor stays where it is, and every check
says so. A missing anchor is never made anew by itself: whoever could delete it could have changed the chain before.
"""

import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra import clock
from infra.crypto import Keys
from tenants.audit import chain, sealing
from tenants.models import AuditAnchor, AuditSeal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head that is known outside of the tenant's schema."""

    number: int
    head: bytes
    entries: int
    genuine: bool = True
    """Whether its code was made by us."""


@dataclass(frozen=True, slots=True)
class SealState:
    """What a page says about a tenant's chain."""

    entries: int
    anchored_at: datetime | None
    checked_at: datetime | None
    problem: str | None
    problem_entry: UUID | None


def find(control: Session, keys: Keys, tenant_id: UUID) -> Anchor | None:
    """The tenant's anchor."""
    row = control.get(AuditAnchor, tenant_id)
    if row is None:
        return None
    genuine = hmac.compare_digest(row.mac, code(keys, tenant_id, row.number, row.head, row.entries))
    return Anchor(row.number, row.head, row.entries, genuine)


def begin(control: Session, keys: Keys, tenant_id: UUID) -> None:
    """The anchor of a chain without entries, for a tenant that is being made."""
    store(control, keys, tenant_id, Anchor(0, chain.GENESIS, 0))


def state(control: Session, tenant_id: UUID) -> SealState:
    """How the tenant's chain stands, as the last check saw it; a missing anchor is seen at once."""
    row = control.get(AuditAnchor, tenant_id)
    if row is None:
        return SealState(0, None, clock.now(), "anchor_missing", None)
    return SealState(row.entries, row.anchored_at, row.checked_at, row.problem, row.problem_entry)


def advance(session: Session, anchor: Anchor | None, *, anew: bool = False) -> Anchor | None:
    """The anchor that the chain deserves now; None when it stands already, or when the chain left its anchor.

    `anew` takes the chain as it is, whatever was anchored before: after a restore, by a person's decision.
    """
    last = sealing.last_seal(session)
    if last is None:
        return None
    if anew:
        return Anchor(last.number, last.head, _entries_after(session, 0))
    if anchor is None:
        log.error("an audit chain has lost its anchor", extra={"number": last.number})
        return None
    if _head_at(session, anchor.number) != anchor.head or not anchor.genuine:
        log.error("an audit chain has left its anchor", extra={"number": anchor.number})
        return None
    if last.number == anchor.number:
        return anchor
    return Anchor(last.number, last.head, anchor.entries + _entries_after(session, anchor.number))


def store(control: Session, keys: Keys, tenant_id: UUID, anchor: Anchor, *, anew: bool = False) -> None:
    """Writes the anchor, unless a later one stands already. The log's own keeping is a second witness."""
    row = insert(AuditAnchor).values(
        tenant_id=tenant_id,
        number=anchor.number,
        head=anchor.head,
        entries=anchor.entries,
        mac=code(keys, tenant_id, anchor.number, anchor.head, anchor.entries),
        anchored_at=clock.now(),
    )
    fresh = {name: row.excluded[name] for name in ("number", "head", "entries", "mac", "anchored_at")}
    control.execute(
        row.on_conflict_do_update(
            index_elements=[AuditAnchor.tenant_id],
            set_=fresh,
            where=None if anew else AuditAnchor.number < row.excluded.number,
        )
    )
    log.info("audit chain anchored", extra={"number": anchor.number, "head": anchor.head.hex()})


def code(keys: Keys, tenant_id: UUID, number: int, head: bytes, entries: int) -> bytes:
    """HMAC-SHA256 under a key that follows from the platform's, which stands wrapped outside of the databases."""
    text = tenant_id.bytes + number.to_bytes(8, "big") + entries.to_bytes(8, "big") + head
    return hmac.digest(keys.platform.derive("audit anchors"), text, hashlib.sha256)


def _head_at(session: Session, number: int) -> bytes | None:
    if number == 0:
        return chain.GENESIS
    return session.scalar(select(AuditSeal.head).where(AuditSeal.number == number))


def _entries_after(session: Session, number: int) -> int:
    query = select(func.coalesce(func.sum(AuditSeal.count), 0)).where(AuditSeal.number > number)
    return int(session.scalar(query) or 0)
