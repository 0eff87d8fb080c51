"""Cursors: where a list goes on. Signed, so that nobody makes one up; bound to the tenant and the list."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from infra import links
from infra.errors import Invalid
from infra.i18n import N_
from infra.pages import Page
from web import tenancy

LIVES = timedelta(days=7)


class BadCursor(Invalid):
    """The cursor is not ours, belongs to another list or workspace, or is older than a week."""

    code = "bad_cursor"
    message = N_("This cursor does not belong to this list, or is too old. Begin with the first page again.")


def turn(of: str, query: Mapping[str, Any], fetch: Callable[..., Page[Any]]) -> dict[str, Any]:
    """The page a query asks for, as the schemas of pages take it; `fetch(after=, limit=, **filters)` reads it.

    Its cursor belongs to these filters too; the size of a page may change on the way.
    """
    filters = {name: value for name, value in query.items() if name not in ("cursor", "limit")}
    text = json.dumps(filters, sort_keys=True, default=str)
    of = f"{of}:{hashlib.sha256(text.encode()).hexdigest()}"
    after = read(of, query["cursor"])["after"] if "cursor" in query else None
    page = fetch(after=after, limit=query["limit"], **filters)
    following = make(of, {"after": page.next_cursor}) if page.next_cursor else None
    return {"items": page.items, "next_cursor": following}


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
        raise BadCursor(problems={"cursor": [BadCursor.message]}) from None
