"""Keyset pages: a cursor says after which row to go on, so that a page costs the same at any depth."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from infra.errors import Invalid
from infra.i18n import N_
from infra.sentences import Sentence

MAX_LIMIT = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = 1 << 63
"""Stands for no moment in a cursor."""

T = TypeVar("T")


class CursorInvalid(Invalid):
    """The cursor was not made by us."""

    code = "cursor_invalid"
    message = N_("This page address is damaged. Start again from the first page.")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next page; None after the last."""

    items: Sequence[T]
    next_cursor: str | None


def page(rows: Sequence[T], limit: int, ids: Sequence[UUID]) -> Page[T]:
    """A page from one row more than `limit`; `ids` stand beside the rows."""
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], encode(ids[limit - 1]))


def encode(row_id: UUID) -> str:
    """An opaque cursor."""
    return _text(row_id.bytes)


def decode(cursor: str | None) -> UUID | None:
    """The id in a cursor. Raises CursorInvalid."""
    return UUID(bytes=_bytes(cursor, 16)) if cursor else None


def encode_moment(moment: datetime | None, row_id: UUID) -> str:
    """A cursor of a list that is sorted by a moment that may be missing, then by id."""
    steps = NEVER if moment is None else (moment - EPOCH) // timedelta(microseconds=1) + NEVER // 2
    return _text(steps.to_bytes(8, "big") + row_id.bytes)


def decode_moment(cursor: str | None) -> tuple[datetime | None, UUID] | None:
    """Moment and id in such a cursor. Raises CursorInvalid."""
    if not cursor:
        return None
    raw = _bytes(cursor, 24)
    steps = int.from_bytes(raw[:8], "big")
    try:
        moment = None if steps == NEVER else EPOCH + timedelta(microseconds=steps - NEVER // 2)
    except OverflowError as problem:
        raise _damaged() from problem
    return moment, UUID(bytes=raw[8:])


def bounded(limit: int) -> int:
    """The page size between 1 and MAX_LIMIT."""
    return max(1, min(limit, MAX_LIMIT))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(cursor: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as problem:
        raise _damaged() from problem
    if len(raw) != length:
        raise _damaged()
    return raw


def _damaged() -> CursorInvalid:
    return CursorInvalid(problems={"cursor": [Sentence(CursorInvalid.message)]})
