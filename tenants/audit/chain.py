"""The mathematics of the chain: how an entry is written before it is hashed, and how one head follows from another.

All of it is plain SHA-256 over texts that are described here, so that anybody who has the rows can compute it anew.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

FORMAT = 1
GENESIS = bytes(32)
"""What stands before the first head."""
_ITEM = 48
"""Bytes of one row in a manifest: 16 of its id, 32 of its digest."""


class Entry(Protocol):
    """The columns that are sealed."""

    id: Any
    at: Any
    actor_kind: Any
    actor_id: Any
    action: Any
    subject_id: Any
    data: Any
    request_id: Any


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a manifest."""

    id: UUID
    digest: bytes


def digest(entry: Entry) -> bytes:
    """SHA-256 of the entry as a JSON array: the moment in UTC with microseconds, keys sorted, ASCII only."""
    fields = [
        str(entry.id),
        moment(entry.at),
        entry.actor_kind,
        _id(entry.actor_id),
        entry.action,
        _id(entry.subject_id),
        entry.data,
        entry.request_id,
    ]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(b"rapport.audit.entry.1\0" + text.encode()).digest()


def head(tenant_id: UUID, number: int, sealed_at: datetime, previous: bytes, manifest: bytes) -> bytes:
    """The head of seal `number`: bound to the tenant, its place, the head before it and its rows in order."""
    made = hashlib.sha256(b"rapport.audit.seal.1\0")
    made.update(tenant_id.bytes + number.to_bytes(8, "big") + moment(sealed_at).encode())
    made.update(previous + len(manifest).to_bytes(8, "big") + manifest)
    return made.digest()


def pack(items: Iterable[Item]) -> bytes:
    """The items as a manifest."""
    return b"".join(item.id.bytes + item.digest for item in items)


def unpack(manifest: bytes) -> Iterator[Item]:
    """The items of a manifest. Raises ValueError for one that was cut."""
    if len(manifest) % _ITEM:
        raise ValueError("a manifest is made of whole items")
    for start in range(0, len(manifest), _ITEM):
        yield Item(UUID(bytes=manifest[start : start + 16]), manifest[start + 16 : start + _ITEM])


def moment(value: datetime) -> str:
    """The moment as it is hashed."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def made_at(entry_id: UUID) -> datetime | None:
    """When an id of version 7 was made, to the millisecond (RFC 9562, 5.7); None for any other."""
    if entry_id.version != 7:
        return None
    return datetime.fromtimestamp((entry_id.int >> 80) / 1000, UTC)


def _id(value: UUID | None) -> str | None:
    return str(value) if value is not None else None
