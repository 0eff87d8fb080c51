"""Sealing: rows that wait become a link of the chain, and its head is noted outside of the tenant's schema.

Three short transactions, each safe to repeat: the seal (in the tenant, one sealer at a time), the anchor (in the
control plane, forwards only), the note that it is anchored (in the tenant). A row that was committed late, with an
id before those of the last seal, simply waits for the next one: what waits is said by the row, not by its id.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session, load_only

from infra import clock
from tenants.audit import chain
from tenants.models import AuditEntry, AuditSeal

BATCH = 500
"""Rows in one seal: a manifest of 24 kB."""
LATE = timedelta(hours=1)
"""No transaction lives this long, so no row is committed later after its id was made."""


def has_unsealed(session: Session) -> bool:
    """Whether rows wait for their seal, or the last seal for its anchor; for the sweeper."""
    waiting = session.scalar(select(exists().where(AuditEntry.sealed_in.is_(None))))
    if waiting:
        return True
    last = last_seal(session)
    return last is not None and last.anchored_at is None


def count_unsealed(session: Session, most: int = 10_000) -> int:
    """How many rows wait, counted up to `most`."""
    some = select(AuditEntry.id).where(AuditEntry.sealed_in.is_(None)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def last_seal(session: Session) -> AuditSeal | None:
    """The newest link, without its manifest."""
    light = load_only(AuditSeal.number, AuditSeal.head, AuditSeal.sealed_at, AuditSeal.anchored_at)
    query = select(AuditSeal).options(light).order_by(AuditSeal.number.desc()).limit(1)
    return session.scalars(query).one_or_none()


def seal_next(session: Session, tenant_id: UUID) -> int:
    """Seals the rows that wait, oldest first, at most BATCH; answers how many.

    Two sealers wait for each other, so the chain never forks; the number's primary key would refuse a second link.
    """
    session.execute(select(func.pg_advisory_xact_lock(_lock(tenant_id))))
    before = last_seal(session)
    waiting = select(AuditEntry).where(AuditEntry.sealed_in.is_(None)).order_by(AuditEntry.id).limit(BATCH)
    entries = session.scalars(waiting).all()
    if not entries:
        return 0
    number = before.number + 1 if before else 1
    previous, sealed_at = before.head if before else chain.GENESIS, clock.now()
    manifest = chain.pack(chain.Item(entry.id, chain.digest(entry)) for entry in entries)
    session.add(
        AuditSeal(
            number=number,
            format=chain.FORMAT,
            sealed_at=sealed_at,
            count=len(entries),
            last_id=entries[-1].id,
            manifest=manifest,
            previous=previous,
            head=chain.head(tenant_id, number, sealed_at, previous, manifest),
        )
    )
    ids = [entry.id for entry in entries]
    session.execute(
        update(AuditEntry).where(AuditEntry.id.in_(ids)).values(sealed_in=number),
        execution_options={"synchronize_session": False},
    )
    session.flush()
    return len(entries)


def note_anchored(session: Session, number: int) -> None:
    """Notes that the heads up to this number stand outside."""
    session.execute(
        update(AuditSeal)
        .where(AuditSeal.number <= number, AuditSeal.anchored_at.is_(None))
        .values(anchored_at=clock.now())
    )


def _lock(tenant_id: UUID) -> int:
    """A number for PostgreSQL's advisory locks, which know 64 bits; two tenants that share one only wait."""
    return int.from_bytes(tenant_id.bytes[8:], "big", signed=True) ^ 0x61756469  # "audi"
