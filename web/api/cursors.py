"""Cursors: where a list goes on. Signed, so that nobody makes one up; bound to the tenant and the list."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from infra import links
from infra.errors import Invalid
from infra.i18n import N_
from web import tenancy

LIVES = timedelta(days=7)


class BadCursor(Invalid):
    """The cursor is not ours, belongs to another list or workspace, or is older than a week."""

    code = "bad_cursor"
    message = N_("This cursor does not belong to this list, or is too old. Begin with the first page again.")


def make(of: str, position: Mapping[str, Any]) -> str:
    """A cursor for the list `of` ("surveys", "responses:<survey id>"), at a position of plain values."""
    settings, tenant = tenancy.services().settings, tenancy.tenant()
    return links.sign(settings, f"cursor:{of}", tenant.id, position, expires_in=LIVES)


def read(of: str, cursor: str) -> dict[str, Any]:
    """The position. Raises BadCursor for whatever is wrong with it."""
    settings, tenant = tenancy.services().settings, tenancy.tenant()
    try:
        return links.verify(settings, f"cursor:{of}", tenant.id, cursor)
    except Invalid:
        raise BadCursor() from None
