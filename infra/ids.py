"""Identifiers and random tokens."""

import hashlib
import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: ids made later sort later, which keeps indexes dense (RFC 9562)."""
    return uuid7()


def unordered_id() -> UUID:
    """A UUIDv4, for rows whose order of creation would betray a person."""
    return uuid4()


def time_beside(row_id: UUID, moment: datetime) -> datetime:
    """What may be stored of a moment beside this id: the day alone (UTC) where the id is to tell no order."""
    if row_id.version != 4:
        return moment
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def first_id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: ids made earlier are smaller, later ones greater (RFC 9562, 5.7).

    Before 1970 no id was made; whoever asks for what came since then means everything.
    """
    milliseconds = max(0, int(moment.timestamp() * 1000))
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))


def new_token() -> str:
    """A URL-safe random token with 256 bits; hand it out once and store only its hash."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """SHA-256 of a random token. A token has full entropy, so a fast hash is enough to store it."""
    return hashlib.sha256(token.encode()).digest()
