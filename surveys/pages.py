"""Keyset pages: a cursor says after which row to go on, so that a page costs the same at any depth."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from infra.errors import Invalid
from surveys.wording import N_, Sentence

MAX_LIMIT = 200

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
    return base64.urlsafe_b64encode(row_id.bytes).decode().rstrip("=")


def decode(cursor: str | None) -> UUID | None:
    """The id in a cursor. Raises CursorInvalid."""
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return UUID(bytes=raw)
    except (ValueError, binascii.Error) as problem:
        raise CursorInvalid(problems={"cursor": [Sentence(CursorInvalid.message)]}) from problem


def bounded(limit: int) -> int:
    """The page size between 1 and MAX_LIMIT."""
    return max(1, min(limit, MAX_LIMIT))
